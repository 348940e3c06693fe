import pytest
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.tokens import ReviewTokenizer, well_formed
from tokenizers import Tokenizer


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return ReviewTokenizer.from_file(tiny_model / "tokenizer.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("caf\u00e9", "caf\u00e9"),
        ("lone \ud83d here", "lone \ufffd here"),
        ("\udd25", "\ufffd"),
        ("\ud83d\udd25", "\U0001f525"),
    ],
)
def test_lone_surrogates_are_replaced_and_pairs_joined(text, expected):
    assert well_formed(text) == expected
    assert well_formed(text).encode("utf-8")


def test_frames_are_those_of_the_tokenizer(tokenizer, tiny_model):
    plain = Tokenizer.from_file(str(tiny_model / "tokenizer.json"))
    text = "The acting is great."
    assert tokenizer.frame(tokenizer.encode([text])[0]).tolist() == plain.encode(text).ids
    assert tokenizer.special_tokens == 2


def test_reviews_are_never_cut(tokenizer):
    assert len(tokenizer.encode(["great " * 5000])[0]) == 5000


@pytest.mark.parametrize("text", ["", "   ", "?!...", "\u200b\u200b", "\ud800", "\U0001f9ff"])
def test_nothing_readable_is_noticed(tokenizer, text):
    assert not tokenizer.is_readable(tokenizer.encode([text])[0])


@pytest.mark.parametrize("text", ["ok", "10", "... no"])
def test_letters_and_digits_are_readable(tokenizer, text):
    assert tokenizer.is_readable(tokenizer.encode([text])[0])


def test_a_missing_or_cut_off_tokenizer_is_named(tmp_path, tiny_model):
    file = tmp_path / "tokenizer.json"
    with pytest.raises(UnusableModelError, match="tokenizer.json is missing"):
        ReviewTokenizer.from_file(file)
    file.write_bytes((tiny_model / "tokenizer.json").read_bytes()[:1000])
    with pytest.raises(UnusableModelError, match="tokenizer.json is damaged"):
        ReviewTokenizer.from_file(file)
