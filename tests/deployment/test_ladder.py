"""Models are tried from the best to the last resort, and every reason is kept."""

import json
import shutil
import time

import pytest
from reeltalk_inference import ladder as ladder_module
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.ladder import Ladder
from reeltalk_inference.loading import Source, load

TEXTS = ["the acting is great and the music superb", "the script is awful and boring"]


def climb(ladder: Ladder, is_so=lambda: True) -> Ladder:
    ladder.start()
    deadline = time.monotonic() + 60
    while (ladder.loading or not is_so()) and time.monotonic() < deadline:
        time.sleep(0.02)
    ladder.stop()
    assert is_so()
    return ladder


@pytest.fixture
def damaged(tmp_path, tiny_model):
    """A copy of a model whose ONNX files are damaged."""
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_model, folder)
    for file in (folder / "onnx").iterdir():
        file.write_bytes(b"not a model")
    return folder


def test_the_word_model_answers_before_anything_is_loaded(words, tiny_model):
    ladder = Ladder(words, [Source("modern", str(tiny_model))])
    assert ladder.best.level == "words"
    assert climb(ladder).best.level == "modern"


def test_levels_fall_back_in_order_with_reasons(words, damaged, tiny_model):
    sources = [Source("modern", str(damaged)), Source("standard", str(tiny_model))]
    ladder = climb(Ladder(words, sources))
    assert ladder.best.level == "standard"
    assert "is damaged" in ladder.reasons["modern"] and "standard" not in ladder.reasons


def test_the_public_model_answers_only_where_neither_of_ours_is_in(words, damaged, tiny_model):
    public = Source("public", str(tiny_model))
    ladder = climb(Ladder(words, [Source("modern", str(damaged)), public]))
    assert ladder.best.level == "public"
    ladder = climb(Ladder(words, [Source("modern", str(tiny_model)), public]))
    assert ladder.at("public") is None


def test_with_everything_missing_the_words_stay_and_say_why(words, tmp_path):
    ladder = climb(Ladder.from_settings({"MODERN_MODEL": "nowhere"}, word_file()))
    assert ladder.best.level == "words"
    assert "'nowhere' is neither a folder nor owner/name@" in ladder.reasons["modern"]
    assert ladder.reasons["standard"] == "STANDARD_MODEL is not set"
    assert ladder.reasons["public"]


def test_a_better_model_is_tried_again(words, tmp_path, tiny_model, monkeypatch):
    monkeypatch.setattr(ladder_module, "FIRST_PAUSE_S", 0.05)
    late = tmp_path / "late"
    ladder = Ladder(words, [Source("modern", str(late))])
    ladder.start()
    time.sleep(0.2)
    assert ladder.best.level == "words" and ladder.reasons["modern"]
    shutil.copytree(tiny_model, late)
    deadline = time.monotonic() + 30
    while ladder.best.level != "modern" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ladder.best.level == "modern" and "modern" not in ladder.reasons


def test_pauses_grow_up_to_a_quarter_of_an_hour():
    pauses = ladder_module.pauses()
    first = [next(pauses) for _ in range(8)]
    assert first == [15, 30, 60, 120, 240, 480, 900, 900]


def test_labels_are_taken_by_name_and_never_by_position(tmp_path, tiny_model):
    swapped = tmp_path / "swapped"
    shutil.copytree(tiny_model, swapped)
    relabel(swapped, {"0": "POSITIVE", "1": "NEGATIVE"})
    straight = load(Source("modern", str(tiny_model))).predict(TEXTS)
    turned = load(Source("modern", str(swapped))).predict(TEXTS)
    assert [one.label for one in straight] == ["POSITIVE", "NEGATIVE"]
    assert [one.label for one in turned] == ["NEGATIVE", "POSITIVE"]


def test_labels_that_make_no_sense_are_refused(tmp_path, tiny_model):
    odd = tmp_path / "odd"
    shutil.copytree(tiny_model, odd)
    relabel(odd, {"0": "LABEL_0", "1": "LABEL_1"})
    with pytest.raises(UnusableModelError, match="do not name a negative and a positive class"):
        load(Source("modern", str(odd)))


def test_a_warm_start_makes_no_request(hub, tiny_model, tmp_path, monkeypatch):
    source = published(hub, tiny_model, tmp_path, monkeypatch)
    first = load(source)
    assert first.name == "someone/modern" and first.revision == source.place.partition("@")[2]
    assert not any("safetensors" in line for line in hub.log)
    hub.log.clear()
    assert load(source).predict(TEXTS)[0].label == "POSITIVE"
    assert hub.log == []


def test_an_interrupted_download_is_completed(hub, tiny_model, tmp_path, monkeypatch):
    source = published(hub, tiny_model, tmp_path, monkeypatch)
    load(source)
    (config,) = (tmp_path / "cache").rglob("snapshots/*/config.json")
    config.unlink()
    assert load(source).level == "modern"


def test_public_repos_keep_their_tokenizer_in_onnx_and_have_no_reading(tmp_path, tiny_model):
    public = tmp_path / "public"
    shutil.copytree(tiny_model, public)
    (public / "tokenizer.json").rename(public / "onnx" / "tokenizer.json")
    config = json.loads((public / "config.json").read_text())
    del config["reading"]
    (public / "config.json").write_text(json.dumps(config))
    (public / "onnx" / "model_quantized.onnx").unlink(missing_ok=True)
    assert load(Source("public", str(public))).predict(TEXTS)[0].label == "POSITIVE"


def test_the_word_model_is_the_one_that_was_measured(words):
    import hashlib

    measured = words.metrics["weights_sha256"]
    assert hashlib.sha256(word_file().read_bytes()).hexdigest() == measured


def word_file():
    from tests.deployment.conftest import DEPLOYMENT

    return DEPLOYMENT / "word_model.json"


def relabel(folder, names) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = names
    (folder / "config.json").write_text(json.dumps(config))


def published(hub, folder, tmp_path, monkeypatch) -> Source:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    repo = hub.add_folder("models", "someone/modern", folder)
    return Source("modern", f"someone/modern@{repo.sha}")
