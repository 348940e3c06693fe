import json
import shutil

import numpy as np
import pytest
from reeltalk_inference import Predictor

from tests.tiny import easy_reviews


@pytest.fixture(scope="module")
def predictor(tiny_model):
    return Predictor.from_folder(tiny_model)


def test_easy_reviews_are_told_apart(predictor):
    rows = easy_reviews(400)[300:]
    verdicts = predictor.predict([text for text, _ in rows])
    right = [
        (verdict.label == "POSITIVE") == label
        for verdict, (_, label) in zip(verdicts, rows, strict=True)
    ]
    assert np.mean(right) >= 0.95


def test_a_long_review_is_read_whole_in_overlapping_windows(predictor):
    verdict = predictor.predict(["The story is great. " * 60])[0]
    size, stride = predictor.config.max_tokens - 2, predictor.config.stride
    assert verdict.tokens_total == verdict.tokens_read == 60 * 5
    assert verdict.windows == 1 + -(-(300 - size) // stride)


def test_the_logits_of_windows_are_averaged(predictor):
    verdict = predictor.predict(["The story is great. " * 30 + "The cast is awful. " * 10])[0]
    margin = np.mean([positive - negative for negative, positive in verdict.window_logits])
    assert verdict.probabilities["POSITIVE"] == pytest.approx(1 / (1 + np.exp(-margin)), abs=1e-9)


def test_order_and_company_do_not_change_a_verdict(predictor):
    reviews = [text for text, _ in easy_reviews(20)] + ["", "The story is great. " * 60]
    together = predictor.predict(reviews)
    assert together == [predictor.predict([review])[0] for review in reviews]
    assert together[::-1] == predictor.predict(reviews[::-1])


def test_a_stream_gives_the_verdicts_of_a_list(predictor):
    reviews = [text for text, _ in easy_reviews(25)]
    assert list(predictor.predict_stream(iter(reviews), chunk=4)) == predictor.predict(reviews)


@pytest.mark.parametrize("review", ["", " \n\t", "!!! ... ???", "\x00", "\U0001f9ff"])
def test_nothing_to_read_is_said_not_guessed(predictor, review):
    verdict = predictor.predict([review])[0]
    assert verdict.label is None
    assert verdict.probabilities == {}


@pytest.mark.parametrize(
    "review",
    [
        "great\x00film\x07with\x1bcontrol characters",
        "a lone surrogate \ud83d in the middle",
        "\u202egnillor si tsac eht\u202c and left to right",
        "\u05d4\u05e1\u05e8\u05d8 \u05de\u05e6\u05d5\u05d9\u05df",
        "\u6620\u753b\u306f\u9762\u767d\u3044",
        "<script>alert(1)</script> great",
        "aeiosdwh" + "".join(letter * 20_000 for letter in "aeiosdwh"),
    ],
)
def test_odd_text_gets_a_verdict(predictor, review):
    verdict = predictor.predict([review])[0]
    assert verdict.label in ("POSITIVE", "NEGATIVE", None)
    assert verdict.tokens_read in (verdict.tokens_total, 0)


def test_a_megabyte_is_read_whole(predictor):
    review = "The story is great. " * 50_000
    verdict = predictor.predict([review])[0]
    assert len(review) == 1_000_000
    assert verdict.tokens_read == 250_000


def test_swapped_labels_change_no_verdict(tiny_model, predictor, tmp_path):
    """A model whose outputs are the other way round is read by the labels' names."""
    folder = tmp_path / "swapped"
    shutil.copytree(tiny_model, folder)
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {"0": "POSITIVE", "1": "NEGATIVE"}
    (folder / "config.json").write_text(json.dumps(config))
    review = ["The story is great and the music superb."]
    ours, swapped = predictor.predict(review)[0], Predictor.from_folder(folder).predict(review)[0]
    assert swapped.probabilities["NEGATIVE"] == pytest.approx(ours.probabilities["POSITIVE"])


def test_no_reviews_no_verdicts(predictor):
    assert predictor.predict([]) == []
