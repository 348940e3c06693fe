"""An output in the making: numbered parts beside it, each written whole, joined at the end.

What a killed run has written stays; the next one over the same input with the same model goes on
from there, in whatever order the parts are written. A finished output that stands in a folder
of outputs is remembered there, so that it is not made again.
"""

import hashlib
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import read_json, write_json
from reeltalk.prediction.inputs import Job
from reeltalk.prediction.verdict_rows import VERDICT_COLUMNS
from reeltalk.tables import Row, parquet_schema, read_columns, read_rows, write_rows

PART_ROWS = 1024

_FINISHED_DIR = ".finished"


class Parts:
    """The parts of one output."""

    def __init__(self, job: Job, text_column: str, model_id: str, out_dir: Path | None) -> None:
        """Say what is being made; nothing is read or written yet.

        Args:
            job: the input and the output.
            text_column: the column of the reviews.
            model_id: what tells the model from others.
            out_dir: the folder of outputs that remembers the finished ones; None: no folder does.
        """
        self.dir = job.out.with_name(job.out.name + ".parts")
        self.job = job
        self.text_column = text_column
        identity = f"{job.source} {job.version} {text_column} {model_id}"
        digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
        self._record = {"input": digest, "part_rows": PART_ROWS}
        self._columns: list[str] = []
        self._schema: Any = None
        self._remembered = None
        if out_dir is not None:
            inside = job.out.relative_to(out_dir.absolute())
            self._remembered = out_dir / _FINISHED_DIR / f"{inside}.json"

    def are_joined(self) -> bool:
        """Say whether the output is there, of this input and this model.

        Raises:
            ReelTalkError: if what is there in its place was not written by this command.
        """
        if self._remembered is None or not self.job.out.exists():
            return False
        if self._remembered.is_file():
            return read_json(self._remembered) == self._record
        if not self.dir.is_dir():
            raise ReelTalkError(
                f"{self.job.out} is there already, and this command did not write it; move it "
                "or name another --out"
            )
        return False

    def open(self) -> set[int]:
        """Make the folder of parts, and give the numbers of those that an earlier run finished."""
        job_file = self.dir / "job.json"
        if not (job_file.is_file() and read_json(job_file) == self._record):
            shutil.rmtree(self.dir, ignore_errors=True)
            self.dir.mkdir(parents=True)
            write_json(job_file, self._record)
        return {int(part.stem) for part in self.dir.glob("[0-9]*")}

    def take_columns(self, file: Path) -> None:
        """Take over the columns of the input.

        Raises:
            ReelTalkError: as `check_columns` does.
        """
        check_columns(file, self.text_column)
        self._columns = [*read_columns(file), *VERDICT_COLUMNS]
        self._schema = _out_schema(file)

    def write(self, number: int, rows: list[Row]) -> None:
        """Write a part of scored rows, in one step."""
        unfinished = self.dir / f"unfinished{self.job.out.suffix}"
        write_rows(unfinished, rows, self._columns, self._schema, header=False)
        unfinished.replace(self.dir / f"{number:08d}{self.job.out.suffix}")

    def drop_if_empty(self) -> None:
        """Remove the folder of parts where it has none: the input was no good."""
        if not any(self.dir.glob("[0-9]*")):
            shutil.rmtree(self.dir, ignore_errors=True)

    def join(self) -> None:
        """Make the output from all parts, put it into its place, and remove them."""
        unfinished = self.dir / f"unfinished{self.job.out.suffix}"
        parts = sorted(self.dir.glob("[0-9]*"), key=lambda part: int(part.stem))
        if self.job.out.suffix.lower() == ".parquet":
            _join_parquet(unfinished, parts, self._schema)
        else:
            write_rows(unfinished, [], self._columns)
            with unfinished.open("ab") as joined:
                for part in parts:
                    with part.open("rb") as stream:
                        shutil.copyfileobj(stream, joined)
        unfinished.replace(self.job.out)
        if self._remembered is not None:
            self._remembered.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._remembered, self._record)
        shutil.rmtree(self.dir)


def read_parts(file: Path) -> Iterator[tuple[int, list[Row]]]:
    """Yield a file's rows in numbered parts; what holds one part holds no more memory."""
    rows = read_rows(file)
    for number in itertools.count():
        part = list(itertools.islice(rows, PART_ROWS))
        if not part:
            return
        yield number, part


def rows_before(number: int) -> int:
    """Count the rows before a part."""
    return number * PART_ROWS


def check_columns(file: Path, text_column: str) -> None:
    """Refuse a file without the reviews' column, or with columns that scoring would add.

    Raises:
        ReelTalkError: naming the file and the columns; also where it cannot be read.
    """
    columns = read_columns(file)
    if text_column not in columns:
        raise ReelTalkError(
            f"{file}: there is no column '{text_column}'; found {', '.join(columns) or 'none'}; "
            "name it with --text-column"
        )
    taken = sorted(set(columns) & set(VERDICT_COLUMNS))
    if taken:
        raise ReelTalkError(
            f"{file}: the columns {', '.join(taken)} are there already; was it scored before? "
            "rename or drop them"
        )


def _join_parquet(place: Path, parts: list[Path], schema: Any) -> None:  # noqa: ANN401
    import pyarrow.parquet

    with pyarrow.parquet.ParquetWriter(place, schema) as writer:
        for part in parts:
            writer.write_table(pyarrow.parquet.read_table(part, schema=schema))


def _out_schema(file: Path) -> Any:  # noqa: ANN401  (pyarrow ships no types)
    if file.suffix.lower() != ".parquet":
        return None
    import pyarrow

    types = (pyarrow.string(), pyarrow.float64(), pyarrow.string(), *[pyarrow.int64()] * 3)
    schema = parquet_schema(file)
    for name, kind in zip(VERDICT_COLUMNS, types, strict=True):
        schema = schema.append(pyarrow.field(name, kind))
    return schema
