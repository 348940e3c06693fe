"""Held-out slang is measured by split and by kind, and laid out for several models."""

from pathlib import Path

import numpy as np
import pytest
from reeltalk_inference import Predictor

from reeltalk.slang import SlangSet
from reeltalk.slang_scores import format_slang_scores, measure_slang
from tests.tiny import easy_reviews

SPLITS = ("seen", "unseen-template", "unseen-term", "unseen-both")


@pytest.fixture(scope="module")
def slang():
    """What the tiny model knows well, labels turned round in the kind "odd"."""
    rows = []
    for number, (text, label) in enumerate(easy_reviews(160)):
        kind = ("plain", "odd")[number // 2 % 2]
        right = label if kind == "plain" else 1 - label
        rows.append(
            {
                "text": text,
                "label": ("negative", "positive")[right],
                "kind": kind,
                "split": SPLITS[number // 4 % 4],
            }
        )
    return SlangSet(Path("slang.csv"), rows)


@pytest.fixture(scope="module")
def figures(tiny_model, slang):
    return measure_slang(Predictor.from_folder(tiny_model), slang)


def test_rows_that_may_be_learnt_are_not_measured(figures):
    assert figures["all"]["rows"] == 120
    assert [figures[split]["rows"] for split in SPLITS[1:]] == [40, 40, 40]
    assert "seen" not in figures


def test_kinds_are_told_apart(figures):
    plain = [entry["accuracy"] for entry in figures["kinds"]["plain"].values()]
    odd = [entry["accuracy"] for entry in figures["kinds"]["odd"].values()]
    assert np.mean(plain) > 0.9
    assert np.mean(odd) < 0.1
    assert figures["all"]["accuracy"] == pytest.approx((np.mean(plain) + np.mean(odd)) / 2)


def test_the_table_has_a_column_for_each_model(figures):
    lines = format_slang_scores({"one": figures, "two": figures})
    assert lines[0] == "| held out | rows | one | two |"
    assert {line.count("|") for line in lines} == {5}
    assert any(line.startswith("| odd, unseen-both | 20 |") for line in lines)
    assert any(line.startswith("| ECE | 120 |") for line in lines)
