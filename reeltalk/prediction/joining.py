"""The files of an output in the making: which parts are whole, and how they become one file."""

import csv
import os
import shutil
from pathlib import Path
from typing import Any

from reeltalk.errors import ReelTalkError, first_line
from reeltalk.tables import DELIMITERS, LONGEST_FIELD, write_rows


def whole_parts(parts: list[Path], part_rows: int) -> list[Path]:
    """Leave out the parts that a crash of the machine has emptied or cut off.

    Args:
        parts: files in order.
        part_rows: the rows of each but the last, which has one at least.
    """
    counts = {part: _count_rows(part) for part in parts}
    last = parts[-1:]
    return [
        part
        for part, rows in counts.items()
        if rows == part_rows or (part in last and 0 < rows < part_rows)
    ]


def join_parts(place: Path, parts: list[Path], columns: list[str], schema: Any) -> None:  # noqa: ANN401
    """Make one file of all parts.

    Raises:
        ReelTalkError: naming a damaged part, which is removed and so scored again.
    """
    if place.suffix.lower() == ".parquet":
        _join_parquet(place, parts, schema)
        return
    write_rows(place, [], columns)
    with place.open("ab") as joined:
        for part in parts:
            with part.open("rb") as stream:
                shutil.copyfileobj(stream, joined)


def _join_parquet(place: Path, parts: list[Path], schema: Any) -> None:  # noqa: ANN401
    import pyarrow.parquet

    with pyarrow.parquet.ParquetWriter(place, schema) as writer:
        for part in parts:
            try:
                table = pyarrow.parquet.read_table(part, schema=schema)
            except (pyarrow.ArrowException, OSError) as error:
                if getattr(error, "errno", None):
                    raise  # the disk's word, not the part's
                part.unlink()
                raise ReelTalkError(
                    f"{part} was damaged ({first_line(error)}) and is removed; the same command "
                    "scores it again"
                ) from error
            writer.write_table(table)


def _count_rows(part: Path) -> int:
    """Count the rows of a part; 0 where it is damaged."""
    suffix = part.suffix.lower()
    if suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        try:
            return pyarrow.parquet.read_metadata(part).num_rows
        except (pyarrow.ArrowException, OSError):
            return 0
    if not _ends_with_a_line(part):
        return 0
    try:
        with part.open(encoding="utf-8", newline="") as stream:
            if suffix == ".jsonl":
                return sum(line.startswith("{") and line.endswith("}\n") for line in stream)
            csv.field_size_limit(LONGEST_FIELD)
            return sum(1 for _ in csv.reader(stream, delimiter=DELIMITERS[suffix], strict=True))
    except (UnicodeDecodeError, csv.Error):
        return 0


def _ends_with_a_line(part: Path) -> bool:
    with part.open("rb") as stream:
        if not stream.seek(0, os.SEEK_END):
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read() == b"\n"
