import pytest

from reeltalk.config import ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.sources import Source
from reeltalk.splits import read_splits
from reeltalk.tables import write_rows
from tests.tiny import easy_reviews


def split(tmp_path, rows, **columns):
    file = tmp_path / "my.csv"
    write_rows(
        file, [dict(zip(("text", "label"), row, strict=True)) for row in rows], ["text", "label"]
    )
    return read_splits(Source("path", str(file)), ReviewSource(**columns))


def write_parts(folder, **parts):
    for name, rows in parts.items():
        rows = [dict(zip(("text", "label"), row, strict=True)) for row in rows]
        write_rows(folder / f"{name}.csv", rows, ["text", "label"])
    return Source("path", str(folder))


def test_missing_splits_are_drawn_balanced_and_apart(tmp_path):
    parts = split(tmp_path, easy_reviews(200))
    texts = [set(part.texts) for part in (parts.train, parts.validation, parts.test)]
    assert [len(part) for part in texts] == [166, 14, 20]
    assert len(set.union(*texts)) == 200
    for part in (parts.train, parts.validation, parts.test):
        assert sum(part.labels) * 2 == len(part)


def test_what_is_drawn_depends_on_the_rows_alone(tmp_path):
    """A model trained with another seed is measured on the same test reviews."""
    rows = easy_reviews(100)
    assert split(tmp_path, rows).describe() == split(tmp_path, rows, seed=1).describe()
    fewer = split(tmp_path, rows[:90])
    assert fewer.test.sha256() != split(tmp_path, rows).test.sha256()


def test_copies_across_splits_are_dropped_from_train_and_counted(tmp_path):
    rows = easy_reviews(120)
    copies = [(text.upper().replace(":", "<br /><br />"), label) for text, label in rows[:3]]
    source = write_parts(tmp_path, train=copies + rows[40:], test=rows[:40])
    parts = read_splits(source, ReviewSource())
    assert parts.dropped == {"validation": 0, "train": 3}
    assert len(parts.test) == 40
    assert not set(parts.train.texts) & {text for text, _ in copies}


def test_the_test_split_is_never_touched(tmp_path):
    rows = easy_reviews(100)
    source = write_parts(tmp_path, train=rows, test=rows[:30])
    parts = read_splits(source, ReviewSource())
    assert parts.test.texts == [text for text, _ in rows[:30]]
    assert sum(parts.dropped.values()) == 30


def test_a_subset_is_balanced_and_limits_each_split(tmp_path):
    parts = split(tmp_path, easy_reviews(400), subset=30)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [30, 29, 30]
    assert sum(parts.train.labels) == 15


def test_a_subset_larger_than_the_data_names_the_range(tmp_path):
    with pytest.raises(ReelTalkError, match="--subset 500 .* allowed: 20 to 83"):
        split(tmp_path, easy_reviews(100), subset=500)


def test_too_few_rows_stop_the_run(tmp_path):
    with pytest.raises(ReelTalkError, match="19 labelled rows; at least 20 needed"):
        split(tmp_path, easy_reviews(19))


def test_one_class_alone_stops_the_run(tmp_path):
    rows = [(text, 1) for text, _ in easy_reviews(40)]
    with pytest.raises(ReelTalkError, match="none of 40 rows is negative"):
        split(tmp_path, rows)


def test_a_class_of_a_few_rows_stops_the_run(tmp_path):
    rows = [(text, 1) for text, _ in easy_reviews(40)] + [("awful", 0)]
    with pytest.raises(ReelTalkError, match="1 of 41 rows is negative; at least 5 of each class"):
        split(tmp_path, rows)


@pytest.mark.parametrize("subset", [80, 81, 82, 83])
def test_a_subset_of_nearly_everything_is_drawn(tmp_path, subset):
    assert subset - 1 <= len(split(tmp_path, easy_reviews(100), subset=subset).train) <= subset


def test_a_set_without_training_rows_is_said(tmp_path):
    source = write_parts(tmp_path, test=easy_reviews(40))
    with pytest.raises(ReelTalkError, match="no training split, only test"):
        read_splits(source, ReviewSource())


def test_the_record_has_sizes_hashes_and_drops(tmp_path):
    described = split(tmp_path, easy_reviews(100)).describe()
    assert described["rows"] == {"train": 83, "validation": 7, "test": 10}
    assert all(len(digest) == 64 for digest in described["sha256"].values())
    assert described["duplicates_dropped"] == {"validation": 0, "train": 0}
