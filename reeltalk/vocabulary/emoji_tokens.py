"""Emoji as tokens of the tokenizer, each with the words that its embedding starts from.

BERT's vocabulary has next to no emoji: fire and poo reach the model as the same [UNK]. Every
single emoji and flag becomes a token; what Unicode joins from several (a cook, a heart on fire)
is read as its parts, and skin tones, variation selectors and keycap frames are dropped. Tokens
are matched before any normalising, as transformers.js does, so that all readers agree.
"""

import emoji
from tokenizers import AddedToken, Regex, normalizers
from transformers import PreTrainedTokenizerFast

_SKIN_TONES = "\U0001f3fb-\U0001f3ff"
_SELECTORS = "\ufe0e\ufe0f"
_KEYCAP = "\u20e3"
_TAGS = "\U000e0020-\U000e007f"
# Written as the characters themselves: Oniguruma and JavaScript escape them differently.
_DROPPED = f"[{_SKIN_TONES}{_SELECTORS}{_KEYCAP}{_TAGS}]"

# Words that many names share and that say nothing of the feeling.
_FILLERS = {"face", "with", "of", "the", "and", "button", "symbol", "sign", "mark"}


def add_emoji_tokens(tokenizer: PreTrainedTokenizerFast) -> dict[int, str]:
    """Make every emoji a token that the vocabulary lacks.

    Args:
        tokenizer: as `prepare_tokenizer` leaves it; gets the tokens and the rule that drops
            what makes variants of an emoji.

    Returns:
        New token ids, ascending, and the words that say what each emoji is: its CLDR name
        without filler words. Nothing if the tokenizer has been here before.
    """
    backend = tokenizer.backend_tokenizer
    named = {}
    for character, name in _named_emoji().items():
        ids = backend.encode(character, add_special_tokens=False).ids
        if len(ids) != 1 or ids[0] == tokenizer.unk_token_id:
            named[character] = name
    if not named:
        return {}
    drop = normalizers.Replace(Regex(_DROPPED), "")
    backend.normalizer = normalizers.Sequence(
        [drop] if backend.normalizer is None else [drop, backend.normalizer]
    )
    backend.add_tokens([AddedToken(character, normalized=False) for character in named])
    vocabulary = backend.get_vocab()
    return {vocabulary[character]: name for character, name in named.items()}


def _named_emoji() -> dict[str, str]:
    """Name every emoji of one code point, and every flag, in the order of code points."""
    named = {}
    for sequence, entry in emoji.EMOJI_DATA.items():
        character = sequence.rstrip(_SELECTORS)
        if len(character) == 1 or _is_flag(character):
            named[character] = _words(entry["en"])
    tones = range(ord(_SKIN_TONES[0]), ord(_SKIN_TONES[-1]) + 1)
    return {
        character: named[character] for character in sorted(named) if ord(character[0]) not in tones
    }


def _is_flag(character: str) -> bool:
    return len(character) == 2 and all("\U0001f1e6" <= half <= "\U0001f1ff" for half in character)


def _words(name: str) -> str:
    """Turn ":face_with_rolling_eyes:" into "rolling eyes"."""
    words = name.strip(":").replace("_", " ").replace("-", " ").split()
    return " ".join(word for word in words if word not in _FILLERS) or " ".join(words)
