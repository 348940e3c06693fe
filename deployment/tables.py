"""Visitors' tables: reads CSV, TSV and lines of text, and writes scored ones safe to open."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from limits import MOST_CHARACTERS, MOST_ROWS

KINDS = (".csv", ".tsv", ".txt")
SCORE_COLUMNS = ("verdict", "confidence", "positive_probability")

_TEXT_NAMES = re.compile(r"review|text|body|comment|content|sentence|opinion", re.I)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?%?")
_MOST_COLUMNS = 100
_GUESS_ROWS = 100


class TableError(Exception):
    """A file that is no table of reviews; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Table:
    """A table read whole: at most 2,000 rows of a file that the upload limit bounds."""

    columns: list[str]
    rows: list[list[str]]

    def column(self, name: str) -> list[str]:
        """Give the cells of one column."""
        position = self.columns.index(name)
        return [row[position] for row in self.rows]

    def text_column(self) -> str:
        """Guess which column holds the reviews: by its name, else the one with the most text."""
        sample = self.rows[:_GUESS_ROWS]
        lengths = [sum(len(row[i]) for row in sample) for i in range(len(self.columns))]
        named = [i for i, name in enumerate(self.columns) if _TEXT_NAMES.search(name)]
        return self.columns[max(named or range(len(lengths)), key=lengths.__getitem__)]


def read_table(file: Path) -> Table:
    """Read a table; a TXT file is one column of lines.

    Raises:
        TableError: if the file is of another kind, is empty, too long, or no table.
    """
    kind = file.suffix.lower()
    if kind not in KINDS:
        raise TableError("This is no CSV, TSV or TXT file.")
    text = file.read_bytes().decode("utf-8-sig", "replace").replace("\0", "")
    if kind == ".txt":
        return _checked(
            ["review"], [[line] for line in re.split(r"\r\n|\r|\n", text.rstrip("\r\n"))]
        )
    delimiter = "\t" if kind == ".tsv" else _delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise TableError(f"The file cannot be read as a table: {error}.") from error
    if not rows:
        raise TableError("The file is empty.")
    return _checked(_distinct(rows[0]), [row for row in rows[1:] if row])


def write_scored(file: Path, table: Table, scores: Iterable[tuple[str, str, str]]) -> None:
    """Write the rows that were scored, with three more columns, as CSV that Excel reads."""
    with file.open("w", encoding="utf-8-sig", newline="", errors="replace") as stream:
        writer = csv.writer(stream)
        writer.writerow([neutralise(name) for name in (*table.columns, *SCORE_COLUMNS)])
        for row, score in zip(table.rows, scores, strict=False):
            writer.writerow([neutralise(cell) for cell in (*row, *score)])


def neutralise(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula; numbers stay."""
    if cell.lstrip(" ").startswith(_FORMULA_SIGNS) and not _NUMBER.fullmatch(cell.strip()):
        return f"'{cell}"
    return cell


def _checked(columns: list[str], rows: list[list[str]]) -> Table:
    if not rows:
        raise TableError("The file has no rows below its header.")
    if len(rows) > MOST_ROWS:
        raise TableError(f"The file has {len(rows):,} rows; at most {MOST_ROWS:,} are scored.")
    if len(columns) > _MOST_COLUMNS:
        raise TableError(f"The file has {len(columns)} columns; at most {_MOST_COLUMNS} are read.")
    width = len(columns)
    even = [[*row[:width], *[""] * (width - len(row))] for row in rows]
    if any(len(cell) > MOST_CHARACTERS for row in even for cell in row):
        raise TableError(f"A cell has more than {MOST_CHARACTERS:,} characters.")
    return Table(columns, even)


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _distinct(header: list[str]) -> list[str]:
    names: list[str] = []
    for position, name in enumerate(header, 1):
        name = name.strip() or f"column {position}"
        names.append(name if name not in names else f"{name} ({position})")
    return names
