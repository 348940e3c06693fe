import csv
import json
import shutil

import numpy as np
import pytest
from reeltalk_inference import Predictor
from reeltalk_inference.errors import UnusableModelError

from reeltalk.config import EvaluateConfig, ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.evaluation import evaluate, read_all, write_mistakes
from reeltalk.reports import evaluate_models
from reeltalk.reviews import Reviews
from tests.conftest import write_easy_reviews
from tests.tiny import easy_reviews


@pytest.fixture(scope="module")
def predictor(tiny_model):
    return Predictor.from_folder(tiny_model)


def reviews(count=40):
    texts, labels = map(list, zip(*easy_reviews(count), strict=True))
    return Reviews(texts, labels)


def test_figures_are_those_of_the_verdicts_users_get(predictor):
    scores, readings = evaluate(predictor, reviews(), "testing")
    verdicts = predictor.predict(reviews().texts)
    positive = [verdict.probabilities["POSITIVE"] for verdict in verdicts]
    assert readings.positive == pytest.approx(np.array(positive))
    assert readings.tokens.tolist() == [verdict.tokens_total for verdict in verdicts]
    assert scores.rows == 40


def test_the_first_window_is_what_a_consumer_sees_who_cuts(predictor):
    long = "The story is great. " * 20 + "The cast is awful, a mess, boring. " * 40
    readings = read_all(predictor, [long], "testing")
    first_negative, first_positive = predictor.predict([long])[0].window_logits[0]
    margin = first_positive - first_negative
    assert readings.first_window[0] == pytest.approx(1 / (1 + np.exp(-margin)))
    assert readings.first_window[0] > readings.positive[0]


def test_an_unreadable_review_counts_as_undecided(predictor):
    readings = read_all(predictor, ["...", "great"], "testing")
    assert readings.positive[0] == 0.5


def test_mistakes_are_written_most_confident_first(tmp_path):
    labelled = Reviews(["a", "b\nb", "c", "d"], [1, 0, 1, 0])
    wrong = write_mistakes(tmp_path / "wrong.csv", labelled, np.array([0.1, 0.6, 0.9, 0.99]))
    rows = list(csv.DictReader((tmp_path / "wrong.csv").open(newline="")))
    assert wrong == 3
    assert [(row["row"], row["text"], row["verdict"], row["probability"]) for row in rows] == [
        ("3", "d", "POSITIVE", "0.9900"),
        ("0", "a", "NEGATIVE", "0.9000"),
        ("1", "b\nb", "POSITIVE", "0.6000"),
    ]


def test_one_folder_is_measured_and_written_down(tiny_model, easy_file, tmp_path, capsys):
    evaluate_models(
        EvaluateConfig(
            (tiny_model,),
            ReviewSource(dataset=str(easy_file)),
            mistakes=tmp_path / "mistakes.csv",
            out=tmp_path / "figures.json",
        )
    )
    said = capsys.readouterr().out
    assert "30 reviews: " in said
    for word in ("95 % interval", "ECE", "support", "length in tokens", "first window alone"):
        assert word in said
    figures = json.loads((tmp_path / "figures.json").read_text())[str(tiny_model)]
    measured = json.loads((tiny_model / "metrics.json").read_text())["test"]
    assert figures == {name: measured[name] for name in figures}
    assert (tmp_path / "mistakes.csv").is_file()


def test_two_folders_are_compared_and_what_flipped_is_shown(
    tiny_model, easy_file, tmp_path, capsys
):
    contrary = tmp_path / "contrary"
    shutil.copytree(tiny_model, contrary)
    config = json.loads((contrary / "config.json").read_text())
    config["id2label"] = {"0": "POSITIVE", "1": "NEGATIVE"}
    (contrary / "config.json").write_text(json.dumps(config))
    source = ReviewSource(dataset=str(easy_file))
    flips = tmp_path / "flips.csv"
    evaluate_models(EvaluateConfig((tiny_model, contrary), source, precision="fp32", flips=flips))
    said = capsys.readouterr().out
    assert "McNemar's exact test p = " in said
    assert "30 verdicts flipped; the first 10:" in said
    rows = list(csv.DictReader(flips.open(newline="")))
    assert [int(row["row"]) for row in rows] == list(range(30))
    for row in rows:
        assert (float(row["first_positive"]) >= 0.5) == (float(row["second_positive"]) < 0.5)
    assert "(onnxruntime)" in said


def test_a_folder_that_is_no_model_is_said(tmp_path, easy_file):
    with pytest.raises(UnusableModelError, match="this is no model folder"):
        evaluate_models(EvaluateConfig((tmp_path,), ReviewSource(dataset=str(easy_file))))


def test_a_set_of_test_rows_alone_is_measured_whole(tiny_model, tmp_path, capsys):
    write_easy_reviews(tmp_path / "test.csv", 50)
    with pytest.raises(ReelTalkError, match="evaluate --split all"):
        evaluate_models(EvaluateConfig((tiny_model,), ReviewSource(dataset=str(tmp_path))))
    source = ReviewSource(dataset=str(tmp_path))
    evaluate_models(EvaluateConfig((tiny_model,), source, split="all"))
    assert "50 reviews: " in capsys.readouterr().out
