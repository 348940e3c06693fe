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
from reeltalk.model_folder import flush_to_disk, read_json, write_json
from reeltalk.prediction.inputs import Job
from reeltalk.prediction.joining import join_parts, whole_parts
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
        self._job_file = self.dir / "job.json"
        self._aside = self.dir.with_name(f".{self.dir.name}-old")
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
        shutil.rmtree(self._aside, ignore_errors=True)
        if self._remembered is None or not self.job.out.exists():
            return False
        if self._remembered.is_file():
            joined = _is_record(self._remembered, self._record)
            if joined and _is_record(self._job_file, self._record):
                self._remove()  # of a run that was stopped between the two
            return joined
        if not self._job_file.is_file():
            raise ReelTalkError(
                f"{self.job.out} is there already, and this command did not write it; move it "
                "or name another --out"
            )
        return False

    def finished(self) -> set[int]:
        """Give the numbers of the parts that an earlier run has finished."""
        if not _is_record(self._job_file, self._record):
            return set()
        return {int(part.stem) for part in whole_parts(self._written(), PART_ROWS)}

    def open(self) -> None:
        """Make the folder of parts; parts of another input or model are removed.

        Raises:
            ReelTalkError: if a folder is in its place that this command did not make.
        """
        if _is_record(self._job_file, self._record):
            return
        if self._job_file.is_file():
            self._remove()
        elif self.dir.exists() and {path.name for path in self.dir.iterdir()} - {"job.json.part"}:
            raise ReelTalkError(
                f"{self.dir} is there already, and this command did not make it; move it or name "
                "another --out"
            )
        self.dir.mkdir(parents=True, exist_ok=True)
        write_json(self._job_file, self._record)

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
        flush_to_disk(unfinished)
        unfinished.replace(self.dir / f"{number:08d}{self.job.out.suffix}")

    def drop_if_empty(self) -> None:
        """Remove the folder of parts where it has none: the input was no good."""
        if self._job_file.is_file() and not self._written():
            self._remove()

    def join(self) -> None:
        """Make the output from all parts, put it into its place, and remove them.

        Raises:
            ReelTalkError: if a part is damaged; the next run scores it again.
        """
        unfinished = self.dir / f"unfinished{self.job.out.suffix}"
        join_parts(unfinished, self._written(), self._columns, self._schema)
        flush_to_disk(unfinished)
        unfinished.replace(self.job.out)
        flush_to_disk(self.job.out.parent)
        if self._remembered is not None:
            self._remembered.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._remembered, self._record)
            flush_to_disk(self._remembered.parent)
        self._remove()

    def _written(self) -> list[Path]:
        return sorted(self.dir.glob("[0-9]" * 8 + self.job.out.suffix))

    def _remove(self) -> None:
        """Remove the folder of parts; a crash leaves all of it in its place, or nothing."""
        shutil.rmtree(self._aside, ignore_errors=True)
        self.dir.rename(self._aside)
        shutil.rmtree(self._aside)


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
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise ReelTalkError(
            f"{file}: there is more than one column '{', '.join(twice)}'; rename or drop the others"
        )
    taken = sorted(set(columns) & set(VERDICT_COLUMNS))
    if taken:
        raise ReelTalkError(
            f"{file}: the columns {', '.join(taken)} are there already; was it scored before? "
            "rename or drop them"
        )


def _is_record(file: Path, record: dict[str, Any]) -> bool:
    """Say whether a file holds a record; what a crash has emptied or cut off holds none."""
    try:
        return file.is_file() and read_json(file) == record
    except ReelTalkError:
        return False


def _out_schema(file: Path) -> Any:  # noqa: ANN401  (pyarrow ships no types)
    if file.suffix.lower() != ".parquet":
        return None
    import pyarrow

    types = (pyarrow.string(), pyarrow.float64(), pyarrow.string(), *[pyarrow.int64()] * 3)
    schema = parquet_schema(file)
    for name, kind in zip(VERDICT_COLUMNS, types, strict=True):
        schema = schema.append(pyarrow.field(name, kind))
    return schema
