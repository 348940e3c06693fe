import json

import pyarrow
import pyarrow.parquet
import pytest

from reeltalk.errors import ReelTalkError
from reeltalk.tables import count_lines, read_columns, read_rows, write_rows

ROWS = [
    {"id": "007", "text": 'commas, "quotes"\nand lines'},
    {"id": "", "text": "caf\u00e9 \U0001f525"},
    {"id": "\r", "text": "an old\rMac's line, and\r\na newer one's"},
]
SCHEMA = pyarrow.schema([("id", pyarrow.string()), ("text", pyarrow.string())])


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_rows_come_back_as_they_were_written(tmp_path, suffix):
    file = tmp_path / f"rows{suffix}"
    write_rows(file, ROWS, ["id", "text"], SCHEMA)
    assert list(read_rows(file)) == ROWS
    assert read_columns(file) == ["id", "text"]
    assert count_lines(file) >= len(ROWS)


def test_a_byte_order_mark_is_no_part_of_a_column_s_name(tmp_path):
    file = tmp_path / "excel.csv"
    file.write_bytes("\ufefftext,label\nfine,1\n".encode())
    assert list(read_rows(file)) == [{"text": "fine", "label": "1"}]


def test_a_review_may_be_longer_than_the_csv_module_allows(tmp_path):
    file = tmp_path / "long.csv"
    write_rows(file, [{"text": "x" * 1_000_000}], ["text"])
    assert len(next(read_rows(file))["text"]) == 1_000_000


def test_lone_surrogates_of_json_survive(tmp_path):
    file, copy = tmp_path / "odd.jsonl", tmp_path / "copy.jsonl"
    file.write_text('{"text": "half \\ud83d of a pair"}\n')
    rows = list(read_rows(file))
    write_rows(copy, rows, ["text"])
    assert list(read_rows(copy)) == rows


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_a_header_alone_names_the_columns(tmp_path, suffix):
    file = tmp_path / f"empty{suffix}"
    write_rows(file, [], ["text", "stars"])
    assert read_columns(file) == ["text", "stars"]
    assert list(read_rows(file)) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"text,label\nfine,1\ntoo,many,fields\n", "a.csv, line 3: the row has more"),
        ("a.csv", b"text,label\nfew\n", "a.csv, line 2: the row has fewer"),
        ("a.csv", b"text\ncaf\xe9\n", "a.csv: byte 0xe9 is not UTF-8"),
        ("a.jsonl", b'{"text": "fine"}\n{"text": \n', "a.jsonl, line 2: no JSON"),
        ("a.jsonl", b'["a list"]\n', "a.jsonl, line 1: .* is no JSON object"),
        (
            "a.jsonl",
            b'{"n": ' + b"9" * 5000 + b"}\n",
            "a.jsonl, line 1: no JSON: Exceeds the limit",
        ),
        ("a.jsonl", b"[" * 100_000 + b"\n", "a.jsonl, line 1: no JSON: maximum recursion"),
        ("a.parquet", b"PAR1 not really", "a.parquet: this is no readable parquet file"),
        ("a.xlsx", b"", "a.xlsx: the format '.xlsx' is unknown; use one of .csv"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, name, content, message):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ReelTalkError, match=message):
        list(read_rows(file))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ReelTalkError, match="there is no such file"):
        list(read_rows(tmp_path / "nowhere.csv"))


def test_a_damaged_parquet_body_is_said(tmp_path):
    file = tmp_path / "body.parquet"
    texts = [json.dumps(list(range(i, i + 40))) for i in range(500)]
    pyarrow.parquet.write_table(pyarrow.table({"text": texts}), file)
    damaged = bytearray(file.read_bytes())
    damaged[100:400] = bytes(300)
    file.write_bytes(damaged)
    with pytest.raises(ReelTalkError, match="body.parquet: the file is damaged"):
        list(read_rows(file))


@pytest.mark.parametrize(
    "column",
    [
        pyarrow.array([b"caf\xe9"]).view(pyarrow.string()),
        pyarrow.array([2**60], pyarrow.timestamp("us")),
        pyarrow.array([0], pyarrow.timestamp("us", tz="Mars/Olympus")),
    ],
    ids=["bytes that are no text", "a date past the year 9999", "an unknown time zone"],
)
def test_cells_that_python_cannot_hold_are_said_in_one_line(tmp_path, column):
    file = tmp_path / "odd.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": column}), file)
    with pytest.raises(ReelTalkError, match="odd.parquet: the file is damaged: ") as said:
        list(read_rows(file))
    assert "\n" not in str(said.value)


def test_reading_is_lazy(tmp_path):
    file = tmp_path / "many.jsonl"
    file.write_text('{"text": "fine"}\n' * 3 + "broken\n")
    rows = read_rows(file)
    assert [next(rows)["text"] for _ in range(3)] == ["fine"] * 3


def test_a_quote_that_never_ends_is_said(tmp_path):
    """It would swallow all rows after it."""
    file = tmp_path / "rows.csv"
    file.write_text('label,text\n1,"unclosed\n0,next\n1,third\n')
    with pytest.raises(ReelTalkError, match=r"rows.csv, line \d: unexpected end of data"):
        list(read_rows(file))
