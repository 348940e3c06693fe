"""Visitors' tables are read as they are, and written so that no spreadsheet runs them."""

import csv
import threading
import time

import pytest


def table(tmp_path, text, name="reviews.csv"):
    from tables import read_table

    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(file)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-cmd", "@sum", "\t=1", "  =1", "\uff1d1"])
def test_formula_cells_are_neutralised(cell):
    from tables import neutralise

    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+0.3", "-12,5%", "plain", "", "a=b"])
def test_numbers_and_plain_cells_stay(cell):
    from tables import neutralise

    assert neutralise(cell) == cell


def test_the_text_column_is_found_by_name_or_by_length(tmp_path):
    assert table(tmp_path, "id,review,title\n1,ok,a very long title indeed\n").text_column() == (
        "review"
    )
    assert table(tmp_path, "a,b\n1,some words here\n").text_column() == "b"


def test_semicolons_tabs_and_lines_are_read(tmp_path):
    assert table(tmp_path, "id;text\n1;fine\n").columns == ["id", "text"]
    assert table(tmp_path, "id\ttext\n1\tfine, really\n", "r.tsv").rows == [["1", "fine, really"]]
    assert table(tmp_path, "first\r\n\r\nthird", "r.txt").rows == [["first"], [""], ["third"]]


def test_quoted_cells_may_span_lines_and_rows_may_be_uneven(tmp_path):
    read = table(tmp_path, 'text,stars\n"one\ntwo",5\nshort\n')
    assert read.rows == [["one\ntwo", "5"], ["short", ""]]


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "r.csv", "empty"),
        ("only,a,header\n", "r.csv", "no rows"),
        ("text\n" + "x\n" * 2001, "r.csv", "2,001 rows"),
        ("text\n" + "x" * 20_001, "r.csv", "20,000 characters"),
        ("x", "r.exe", "CSV, TSV or TXT"),
        ('text\n"' + "x" * 200_000 + '"\n', "r.csv", "read as a table|20,000 characters"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, text, name, message):
    from tables import TableError

    with pytest.raises(TableError, match=message):
        table(tmp_path, text, name)


def test_bytes_that_are_no_text_are_read_all_the_same(tmp_path):
    assert table(tmp_path, b"text\n\xff\x00\xfe\n").rows == [["\ufffd\ufffd"]]


def test_two_thousand_rows_stop_within_a_second(words):
    from page.batch_run import score_steps

    stop = threading.Event()
    steps = score_steps(["a good film with a dull end"] * 2000, words, stop)
    next(steps)
    stop.set()
    begun = time.monotonic()
    last = list(steps)[-1]
    assert last.stopped and 0 < len(last.verdicts) < 2000 and time.monotonic() - begun < 1


def test_the_result_has_every_row_scored_and_no_formula(tmp_path, words):
    from page.batch_run import score_steps, write_result

    read = table(tmp_path, "review,note\nsuperb,=1+1\n,blank\n...,none\nawful,-3\n")
    *_, scored = score_steps(read.column("review"), words, threading.Event())
    result = write_result(read, scored, "../../=evil.csv")
    assert result.name == "=evil-scored.csv"
    with result.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["verdict"] for row in rows] == ["positive", "blank", "unreadable", "negative"]
    assert rows[0]["note"] == "'=1+1" and rows[3]["note"] == "-3"
    result.unlink()
    result.parent.rmdir()
