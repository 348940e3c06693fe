"""What the tokenizer does to text before it looks words up; all of it saved in tokenizer.json.

Every reader of the model (transformers, transformers.js, the Space) then does the same with no
code of ours. The patterns keep to what both Oniguruma and JavaScript understand.
"""

import json

from tokenizers import Regex, Tokenizer, normalizers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

# Reviews come from web pages: mark-up, entities, and spaces that are not the ASCII one. A
# zero-width space becomes a space, since the BERT normaliser would join the words around it.
_MARKUP = (
    (
        r"</?(?:[bB][rR]|[pPiIbBuU]|em|EM|strong|STRONG|div|DIV|span|SPAN|hr|HR|li|LI|ul|UL|a|A)"
        r"(?:\s[^<>]{0,200})?/?>",
        " ",
    ),
    (r"[\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]|&nbsp;", " "),
    (r"&amp;", "&"),
    (r"&quot;", '"'),
    (r"&#0?39;|&apos;", "'"),
)

# Stretched letters ("soooo goood") become the word that was stretched, as far as spelling tells:
# letters that English does not double go back to one, the others to two, and a few words that
# people stretch most are named. Three or more of a letter is never English spelling; what may
# stay is Roman numerals ("Rocky III"), "www." and "xxx". Runs after lower-casing. Repetition is
# bounded wherever a pattern could start anywhere in a run: a page of one letter must not take
# quadratic time; longer runs still come down to two letters.
_STRETCHED = (
    (r"\bso{3,40}\b", "so"),
    (r"\bno{3,40}\b", "no"),
    (r"\blo{3,40}(?=ve|ng)", "lo"),
    (r"\bbo{3,40}(?=ring)", "bo"),
    (r"\bwo{3,40}w", "wow"),
    (r"\bslo{3,40}w", "slow"),
    (r"e{3,40}(?=a|ry\b|ver)|(?<=[a-z]{3})e{3,40}\b", "e"),
    (r"(?<=[a-z])i{3,40}(?=[a-hj-z])", "i"),
    (r"(?<=\bye|\bthi|[bcdfgklmnprt])s{3,40}\b", "s"),
    (r"(?<=([ahkuvwy]))\1(?=\1)(?!\1{0,40}\.)|([ahkuvwy])(?=\2\2)(?!\2{0,40}\.)", ""),
    (r"(?<=([dgmnprt]))\1(?=\1{1,40}\b)|([dgmnprt])(?=\2{2,40}\b)", ""),
    (r"([bcdefglmnoprstz])(?=\1\1)", ""),
)


def prepare_tokenizer(
    tokenizer: PreTrainedTokenizerBase, max_tokens: int
) -> PreTrainedTokenizerFast:
    """Give a tokenizer ReelTalk's normaliser and a limit, in a form that survives saving.

    transformers 5 rebuilds model-specific tokenizer classes from their vocabulary and drops the
    normaliser in doing so; the general class reads tokenizer.json as it stands. It names only
    the inputs that the exported model takes.

    Args:
        tokenizer: a fast tokenizer of any encoder.
        max_tokens: tokens of one window, special tokens included.
    """
    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_truncation()
    backend.no_padding()
    backend.normalizer = _with_rules(backend)
    special = {
        name: str(getattr(tokenizer, name))
        for name in ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
        if getattr(tokenizer, name, None) is not None
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=False,
        **special,
    )


def _with_rules(backend: Tokenizer) -> normalizers.Normalizer:
    """Put the rules around the tokenizer's own normaliser, once."""
    before = [normalizers.Replace(Regex(pattern), to) for pattern, to in _MARKUP]
    after = [normalizers.Replace(Regex(pattern), to) for pattern, to in _STRETCHED]
    own = json.loads(backend.to_str())["normalizer"]
    first = {"type": "Replace", "pattern": {"Regex": _MARKUP[0][0]}, "content": _MARKUP[0][1]}
    if own is not None and first in own.get("normalizers", ()):
        return backend.normalizer
    middle = [] if own is None else [backend.normalizer]
    return normalizers.Sequence([*before, *middle, *after])
