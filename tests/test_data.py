"""The bundled corpus is what the README says: original in form, balanced, varied, and split."""

import csv
from collections import Counter

import pytest

from reeltalk.duplicates import find_duplicates
from reeltalk.reviews import BUNDLED_FILE

COLUMNS = ["text", "label", "genre", "register", "kind", "film", "split"]
KINDS = {"plain", "contrast", "negation", "understatement", "mixed", "expectation"}


@pytest.fixture(scope="module")
def rows():
    with BUNDLED_FILE.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        assert reader.fieldnames == COLUMNS
        return list(reader)


def words(row):
    return row["text"].replace("<br />", " ").split()


def test_every_row_is_filled_in(rows):
    assert len(rows) > 2000
    for row in rows:
        assert all(value for column, value in row.items() if column != "film"), row
        assert row["label"] in ("positive", "negative")
        assert row["kind"] in KINDS
        assert row["split"] in ("train", "validation", "test")
        assert row["text"] == row["text"].strip()
        assert "\n" not in row["text"]


def test_lengths_run_from_5_to_400_words(rows):
    lengths = sorted(len(words(row)) for row in rows)
    assert lengths[0] >= 5
    assert lengths[-1] <= 400
    assert lengths[len(rows) // 10] < 50
    assert lengths[len(rows) * 9 // 10] > 180


@pytest.mark.parametrize("column", ["split", "kind"])
def test_labels_are_balanced_within_each(rows, column):
    counts = Counter((row[column], row["label"]) for row in rows)
    for value in {row[column] for row in rows}:
        positive, negative = counts[value, "positive"], counts[value, "negative"]
        assert 0.45 < positive / (positive + negative) < 0.55, value


def test_length_does_not_give_the_label_away(rows):
    totals = {
        label: [len(words(row)) for row in rows if row["label"] == label]
        for label in ("positive", "negative")
    }
    means = {label: sum(lengths) / len(lengths) for label, lengths in totals.items()}
    assert 0.9 < means["positive"] / means["negative"] < 1.1


def test_no_text_and_no_sentence_comes_twice(rows):
    texts = [row["text"].lower() for row in rows]
    assert len(set(texts)) == len(texts)
    sentences = Counter(
        sentence.strip()
        for text in texts
        for sentence in text.replace("!", ".").replace("?", ".").split(".")
        if len(sentence.split()) > 7
    )
    assert [sentence for sentence, count in sentences.items() if count > 1] == []


def test_no_split_repeats_another(rows):
    parts = {
        split: [row["text"] for row in rows if row["split"] == split]
        for split in ("train", "validation", "test")
    }
    assert not find_duplicates(parts["train"], parts["validation"] + parts["test"]).any()
    assert not find_duplicates(parts["validation"], parts["test"]).any()


def test_twins_judge_one_film_differently_and_stay_in_one_split(rows):
    films = {}
    for row in rows:
        if row["film"]:
            films.setdefault(int(row["film"]), []).append(row)
    assert len(films) > 400
    for twins in films.values():
        assert sorted(row["label"] for row in twins) == ["negative", "positive"]
        assert len({row["split"] for row in twins}) == 1
        assert len({row["kind"] for row in twins}) == 1


def test_genres_and_registers_vary(rows):
    for column, fewest in (("genre", 30), ("register", 8)):
        counts = Counter(row[column] for row in rows)
        assert len(counts) >= fewest
        assert counts.most_common(1)[0][1] < len(rows) / 4
