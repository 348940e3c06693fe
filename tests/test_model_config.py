import json

import pytest
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.model_config import read_model_config


def write(tmp_path, **config):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    return file


def test_labels_are_found_by_name_not_by_position(tmp_path):
    config = read_model_config(write(tmp_path, id2label={"0": "POSITIVE", "1": "negative "}))
    assert (config.negative, config.positive) == (1, 0)


def test_the_window_is_the_model_s_own(tmp_path):
    reading = {"max_tokens": 256, "stride": 192}
    config = read_model_config(write(tmp_path, id2label={0: "NEG", 1: "POS"}, reading=reading))
    assert (config.max_tokens, config.stride) == (256, 192)


def test_a_public_model_is_read_at_its_own_limit(tmp_path):
    file = write(tmp_path, id2label={0: "NEGATIVE", 1: "POSITIVE"}, max_position_embeddings=128)
    config = read_model_config(file)
    assert (config.max_tokens, config.stride) == (128, 96)


@pytest.mark.parametrize(
    "id2label",
    [
        {"0": "LABEL_0", "1": "LABEL_1"},
        {"0": "NEGATIVE"},
        {"0": "NEGATIVE", "1": "NEUTRAL", "2": "POSITIVE"},
        None,
        ["NEGATIVE", "POSITIVE"],
    ],
)
def test_labels_that_make_no_sense_are_refused(tmp_path, id2label):
    with pytest.raises(UnusableModelError, match="do not name a negative and a positive"):
        read_model_config(write(tmp_path, id2label=id2label))


def test_a_window_that_makes_no_sense_is_refused(tmp_path):
    file = write(tmp_path, id2label={0: "NEG", 1: "POS"}, reading={"max_tokens": 64, "stride": 65})
    with pytest.raises(UnusableModelError, match="is not a window"):
        read_model_config(file)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(UnusableModelError, match="config.json is missing"):
        read_model_config(tmp_path / "config.json")
    (tmp_path / "config.json").write_text('{"id2label": ')
    with pytest.raises(UnusableModelError, match="config.json cannot be read"):
        read_model_config(tmp_path / "config.json")
