import json

import pytest
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.word_model import WordModel, split_words, words_and_pairs


def test_markup_and_case_do_not_count():
    assert split_words("It's GREAT<br /><br />Great!") == ["it's", "great", "great!"]


def test_pairs_are_neighbours():
    assert words_and_pairs(["not", "so", "good"]) == ["not", "so", "good", "not so", "so good"]


def test_a_pair_can_turn_its_words(tmp_path):
    model = WordModel({"good": (1.0, 1.0), "not good": (-5.0, 1.0)}, 0.0)
    plain, negated = model.predict(["good", "not good"])
    assert (plain.label, negated.label) == ("POSITIVE", "NEGATIVE")


def test_the_sum_is_that_of_tf_idf_with_unit_length():
    model = WordModel({"good": (2.0, 3.0), "film": (0.0, 4.0)}, 0.5)
    verdict = model.predict(["a good film"])[0]
    assert verdict.window_logits[0][1] == pytest.approx(2.0 * 3.0 / 5.0 + 0.5)


def test_unknown_words_alone_are_unreadable():
    verdict = WordModel({"good": (1.0, 1.0)}, 0.3).predict(["xyzzy plugh"])[0]
    assert verdict.label is None
    assert (verdict.tokens_read, verdict.tokens_total) == (0, 2)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"bias": 0}', '{"bias": 0, "terms": {"good": 1}}', '{"terms": {}}']
)
def test_a_damaged_file_is_named(tmp_path, content):
    file = tmp_path / "words.json"
    file.write_text(content)
    with pytest.raises(UnusableModelError, match="words.json is no word model"):
        WordModel.from_file(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnusableModelError, match="words.json is missing"):
        WordModel.from_file(tmp_path / "words.json")


def test_a_saved_model_is_read_back(tmp_path):
    file = tmp_path / "words.json"
    file.write_text(json.dumps({"bias": 0.1, "terms": {"good": [1.5, 2.0]}}))
    assert WordModel.from_file(file) == WordModel({"good": (1.5, 2.0)}, 0.1)
