"""Emoji in the tokenizer: every one of Unicode's, variants folded, all of it in tokenizer.json."""

import emoji
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from reeltalk.base_model import embed_tokens, find_base, load_base
from reeltalk.sources import Source
from reeltalk.vocabulary import add_emoji_tokens, prepare_tokenizer


@pytest.fixture(scope="module")
def bundled():
    """The bundled encoder with emoji: model, tokenizer, new ids and their names."""
    model, tokenizer = load_base(find_base(Source("bundled", "bundled")), 64, 0)
    before = model.get_input_embeddings().weight.detach().clone()
    named = add_emoji_tokens(tokenizer)
    embed_tokens(model, tokenizer, named)
    return model, tokenizer, named, before


@pytest.fixture(scope="module")
def saved(bundled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("emoji")
    bundled[1].save_pretrained(folder)
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def tokens(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).tokens


def test_no_emoji_of_unicode_is_unknown(saved):
    assert len(emoji.EMOJI_DATA) > 5000
    unknown = [text for text in emoji.EMOJI_DATA if "[UNK]" in tokens(saved, f"so {text} film")]
    assert unknown == []


def test_fire_and_poo_are_tokens_of_their_own(saved):
    assert tokens(saved, "🔥movie💩💩") == ["🔥", "movie", "💩", "💩"]


@pytest.mark.parametrize(
    ("variant", "plain"),
    [
        ("👍🏽", "👍"),
        ("👏🏿👏🏻", "👏👏"),
        ("❤️", "❤"),
        ("❤\ufe0e", "❤"),
        ("☹️", "☹"),
        ("❤️‍🔥", "❤🔥"),
        ("🧑🏾‍🍳", "🧑🍳"),
        ("1️⃣", "1"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴"),
    ],
)
def test_variants_are_read_alike(saved, variant, plain):
    assert tokens(saved, variant) == tokens(saved, plain)
    assert "[UNK]" not in tokens(saved, plain)


def test_text_without_emoji_is_read_as_before(bundled, saved):
    _, before = load_base(find_base(Source("bundled", "bundled")), 64, 0)
    text = "Soooo good, it's <br />really 10/10 \u2014 caf\u00e9 <3 :-)"
    assert saved.encode(text).ids == before(text)["input_ids"]


def test_an_emoji_begins_as_the_words_of_its_name(bundled):
    model, tokenizer, named, before = bundled
    of = {name: token for token, name in named.items()}
    assert {"fire", "rolling eyes", "pile poo", "thumbs up"} <= set(of)
    rows = model.get_input_embeddings().weight.detach()
    (fire,) = tokenizer("fire", add_special_tokens=False)["input_ids"]
    torch.testing.assert_close(rows[of["fire"]], before[fire])
    rolling, eyes = tokenizer("rolling eyes", add_special_tokens=False)["input_ids"]
    likeness = torch.nn.functional.cosine_similarity
    mean = (before[rolling] + before[eyes]) / 2
    assert likeness(rows[of["rolling eyes"]], mean, dim=0) > 0.999
    assert rows[of["rolling eyes"]].norm() == pytest.approx(
        float((before[rolling].norm() + before[eyes].norm()) / 2), rel=1e-4
    )


def test_the_old_embeddings_stay(bundled):
    model, _, named, before = bundled
    rows = model.get_input_embeddings().weight.detach()
    assert min(named) == len(before)
    assert len(rows) == len(before) + len(named)
    assert torch.equal(rows[: len(before)], before)


def test_adding_twice_adds_nothing(bundled, tmp_path):
    bundled[1].save_pretrained(tmp_path)
    again = prepare_tokenizer(AutoTokenizer.from_pretrained(tmp_path), 64)
    assert add_emoji_tokens(again) == {}
    assert again.backend_tokenizer.to_str() == bundled[1].backend_tokenizer.to_str()
