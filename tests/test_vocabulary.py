import json

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from reeltalk.base_model import find_base
from reeltalk.sources import Source
from reeltalk.vocabulary import prepare_tokenizer


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """The bundled encoder's BERT tokenizer, prepared and saved as a model folder has it."""
    base = find_base(Source("bundled", "bundled"))
    prepared = prepare_tokenizer(AutoTokenizer.from_pretrained(base.folder), 256)
    folder = tmp_path_factory.mktemp("tokenizer")
    prepared.save_pretrained(folder)
    return folder


def words(folder, text):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return tokenizer.encode(text, add_special_tokens=False).tokens


@pytest.mark.parametrize(
    ("stretched", "plain"),
    [
        ("soooo goood", "so good"),
        ("I looooove it", "i love it"),
        ("SOOO BOOORING!!!", "so boring!!!"),
        ("greaaaat", "great"),
        ("waaaay tooooo looong", "way too long"),
        ("veeeery niiiice", "very nice"),
        ("baaaaaddd", "bad"),
        ("nooooo", "no"),
        ("yesss", "yes"),
        ("sucksss", "sucks"),
        ("terribleeeee", "terrible"),
        ("amaziiiing", "amazing"),
        ("funnnny", "funny"),
        ("hellllo", "hello"),
        ("coooool", "cool"),
        ("pleeease", "please"),
    ],
)
def test_stretched_words_become_the_words(bert, stretched, plain):
    assert words(bert, stretched) == words(bert, plain)


@pytest.mark.parametrize(
    "text",
    [
        "Rocky III",
        "Louis XVIII",
        "www.example.com",
        "add an egg at the inn",
        "vacuum skiing",
        "bookkeeper committee",
        "three free trees",
        "ooh aah",
        "1000 2222 100000",
    ],
)
def test_ordinary_spelling_stays(bert, text):
    assert "".join(words(bert, text)).replace("#", "") == text.lower().replace(" ", "")


@pytest.mark.parametrize(
    ("scraped", "plain"),
    [
        ("good<br /><br />film", "good film"),
        ("good<BR>film", "good film"),
        ("<i>good</i> <p class='x'>film</p>", "good film"),
        ("good\u00a0film", "good film"),
        ("good\u200bfilm", "good film"),
        ("good&nbsp;film &amp; cast", "good film & cast"),
        ("it&#39;s &quot;good&quot;", 'it\'s "good"'),
    ],
)
def test_markup_entities_and_odd_spaces_are_read_as_spaces(bert, scraped, plain):
    assert words(bert, scraped) == words(bert, plain)


def test_less_than_is_no_markup(bert):
    assert words(bert, "i <3 this, 5 < 6 > 2") == words(bert, "i < 3 this, 5 < 6 > 2")


def test_transformers_reads_the_saved_tokenizer_as_it_stands(bert):
    """transformers 5 drops a normaliser unless the tokenizer was saved under the general class."""
    loaded = AutoTokenizer.from_pretrained(bert)
    text = "soooo goood<br />film"
    plain = Tokenizer.from_file(str(bert / "tokenizer.json"))
    assert loaded(text)["input_ids"] == plain.encode(text).ids
    assert loaded.tokenize(text) == ["so", "good", "film"]
    assert loaded.model_max_length == 256
    assert sorted(loaded(text)) == ["attention_mask", "input_ids"]


def test_preparing_twice_changes_nothing(bert):
    again = prepare_tokenizer(AutoTokenizer.from_pretrained(bert), 256)
    assert again.backend_tokenizer.to_str() == (
        AutoTokenizer.from_pretrained(bert).backend_tokenizer.to_str()
    )
    rules = json.loads(again.backend_tokenizer.to_str())["normalizer"]["normalizers"]
    assert len([rule for rule in rules if rule["type"] == "BertNormalizer"]) == 1


def test_no_limit_and_no_padding_are_left_from_an_earlier_life(bert):
    """The bundled encoder's tokenizer came with a limit of 128 tokens and padding to it."""
    saved = json.loads((bert / "tokenizer.json").read_text())
    assert saved["truncation"] is None
    assert saved["padding"] is None
