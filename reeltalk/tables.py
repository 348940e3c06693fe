"""Files of rows (CSV, TSV, JSONL, parquet) read and written as streams. Knows no labels."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from reeltalk.errors import ReelTalkError, first_line

Row = dict[str, Any]

DELIMITERS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")

# The csv module refuses fields over 131,072 characters; a review may be longer.
LONGEST_FIELD = 2**31 - 1

_READ_BYTES = 2**20


def check_format(file: Path) -> None:
    """Refuse a file whose name does not end in a known format, or that is not there."""
    if file.suffix.lower() not in SUFFIXES:
        raise ReelTalkError(
            f"{file}: the format '{file.suffix}' is unknown; use one of {', '.join(SUFFIXES)}"
        )
    if not file.is_file():
        raise ReelTalkError(f"{file}: there is no such file")


def read_columns(file: Path) -> list[str]:
    """Name the columns of a file: the header, the schema, or the first object's keys."""
    check_format(file)
    if file.suffix.lower() == ".parquet":
        return list(parquet_schema(file).names)
    if file.suffix.lower() in DELIMITERS:
        with _text(file) as stream:
            return _header(file, _reader(file, stream))
    for row in read_rows(file):
        return list(row)
    return []


def read_rows(file: Path) -> Iterator[Row]:
    """Yield the rows of a file in order, in constant memory.

    Raises:
        ReelTalkError: naming file and line where the file is damaged, not UTF-8, or a line does
            not fit the header.
    """
    check_format(file)
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        yield from _read_parquet(file)
    else:
        read = _read_jsonl if suffix == ".jsonl" else _read_delimited
        with _text(file) as stream:
            yield from read(file, stream)


def parquet_schema(file: Path) -> Any:  # noqa: ANN401  (pyarrow ships no types)
    """Read the schema of a parquet file."""
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_schema(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise ReelTalkError(
            f"{file}: this is no readable parquet file: {first_line(error)}"
        ) from error


def count_lines(file: Path) -> int:
    """Count the rows of a parquet file, or the lines of any other (never fewer than its rows)."""
    if file.suffix.lower() == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_metadata(file).num_rows
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def write_rows(
    file: Path,
    rows: Sequence[Row],
    columns: Sequence[str],
    schema: Any = None,  # noqa: ANN401
    header: bool = True,
) -> None:
    """Write rows to a new file in the format of its name.

    Args:
        file: the file to create.
        rows: one dict per row, all with `columns`.
        columns: their order.
        schema: pyarrow schema, for parquet alone.
        header: whether CSV and TSV begin with the columns' names.
    """
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        try:
            table = pyarrow.Table.from_pylist(list(rows), schema)
        except (pyarrow.ArrowException, OverflowError) as error:
            raise ReelTalkError(
                f"{file}: the rows cannot be written: {first_line(error)}"
            ) from error
        pyarrow.parquet.write_table(table, file)
        return
    # backslashreplace: a lone surrogate that JSON had escaped is written escaped again.
    with file.open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
        if suffix == ".jsonl":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            writer = csv.DictWriter(
                _Lines(stream), columns, delimiter=DELIMITERS[suffix], lineterminator="\r\n"
            )
            if header:
                writer.writeheader()
            writer.writerows(rows)


class _Lines:
    r"""Ends the lines of a csv writer with \n; told so itself, it would leave a \r unquoted."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Write a line that ends in CR LF."""
        self._stream.write(line[:-2] + "\n")


@contextmanager
def _text(file: Path) -> Iterator[IO[str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except UnicodeDecodeError as error:
        raise ReelTalkError(
            f"{file}: byte {error.object[error.start]:#04x} is not UTF-8; "
            "convert the file, for example with: iconv -f latin1 -t utf-8"
        ) from error


def _read_parquet(file: Path) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    parquet_schema(file)
    # Otherwise pyarrow reads whole row groups, and one of them may be all of the file.
    with pyarrow.parquet.ParquetFile(file, buffer_size=_READ_BYTES, pre_buffer=False) as parquet:
        batches = parquet.iter_batches(batch_size=1024)
        while True:
            try:
                rows = next(batches).to_pylist()
            except StopIteration:
                return
            # Besides damage: bytes that are no text, dates beyond year 9999, unknown time zones.
            except (
                pyarrow.ArrowException,
                OSError,
                ValueError,
                OverflowError,
                LookupError,
            ) as error:
                raise ReelTalkError(f"{file}: the file is damaged: {first_line(error)}") from error
            yield from rows


def _read_jsonl(file: Path, stream: IO[str]) -> Iterator[Row]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ReelTalkError(f"{file}, line {number}: no JSON: {first_line(error)}") from error
        if not isinstance(row, dict):
            raise ReelTalkError(f"{file}, line {number}: {line.strip()[:40]!r} is no JSON object")
        yield row


def _read_delimited(file: Path, stream: IO[str]) -> Iterator[Row]:
    reader = _reader(file, stream)
    _header(file, reader)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise ReelTalkError(
                    f"{file}, line {reader.line_num}: the row has "
                    f"{'more' if None in row else 'fewer'} fields than the header's "
                    f"{len(reader.fieldnames or ())}; quote fields that hold the delimiter"
                )
            yield row
    except csv.Error as error:
        raise ReelTalkError(f"{file}, line {reader.line_num}: {error}") from error


def _reader(file: Path, stream: IO[str]) -> "csv.DictReader[str]":
    csv.field_size_limit(LONGEST_FIELD)
    return csv.DictReader(stream, delimiter=DELIMITERS[file.suffix.lower()], strict=True)


def _header(file: Path, reader: "csv.DictReader[str]") -> list[str]:
    try:
        return list(reader.fieldnames or ())
    except csv.Error as error:
        raise ReelTalkError(f"{file}, line {reader.line_num}: {error}") from error
