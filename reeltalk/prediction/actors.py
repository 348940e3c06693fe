"""What runs in Ray's processes, and the one kind of row that travels between them.

A message says which output it is about and what it carries: `rows` of a part, the same `scored`,
the `end` of a file with the count of its parts, or an `error`.
"""

import os
import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reeltalk.errors import ReelTalkError
from reeltalk.prediction.files import UNREADABLE
from reeltalk.prediction.inputs import error_line, fetch
from reeltalk.prediction.models import Device, open_predictor, scoring_files
from reeltalk.prediction.parts import check_columns, read_parts, rows_before
from reeltalk.prediction.verdict_rows import score_rows


class Scorer:
    """An actor: a process with one core or GPU and the model, which scores a part at a time."""

    def __init__(self, model: Any, device: Device) -> None:  # noqa: ANN401  (a reference)
        """Unpack the model and open it."""
        import ray

        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        with tempfile.TemporaryDirectory() as folder:
            for name, content in ray.get(model).items():
                file = Path(folder, name)
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(content)
            self._predictor = open_predictor(Path(folder), device, threads=1)

    def __call__(self, table: Any) -> Any:  # noqa: ANN401  (pyarrow ships no types)
        """Turn the rows of a part into scored rows; let any other message pass."""
        (message,) = table.to_pylist()
        if message["kind"] != "rows":
            return table
        rows, text_column, source = pickle.loads(message["payload"])
        before = rows_before(message["number"])
        try:
            scored = score_rows(self._predictor, rows, text_column, source, before)
        except ReelTalkError as error:
            return _message(message["output"], "error", 0, pickle.dumps(str(error)))
        return _message(message["output"], "scored", message["number"], pickle.dumps(scored))


def read_files(table: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the parts of a file that are not finished, and at its end how many parts it has."""
    for item in table.to_pylist():
        parts, finished = pickle.loads(item["packed"])
        count = skipped = 0
        try:
            parts.open()
            file = fetch(parts.job, parts.dir)
            check_columns(file, parts.text_column)
            for number, rows in read_parts(file):
                count += 1
                if number in finished:
                    skipped += len(rows)
                    continue
                payload = pickle.dumps((rows, parts.text_column, parts.job.source))
                yield _message(item["output"], "rows", number, payload)
            yield _message(item["output"], "end", count, pickle.dumps(skipped))
        except UNREADABLE as error:
            line = error_line(error, parts.job, parts.dir)
            yield _message(item["output"], "error", 0, pickle.dumps(line))


def pack_model(model: Path, device: Device) -> dict[str, bytes]:
    """Read the files of a model folder that score."""
    return {name: (model / name).read_bytes() for name in scoring_files(model, device)}


def _message(output: int, kind: str, number: int, payload: bytes) -> Any:  # noqa: ANN401
    """Make a message. Its payload is opaque to Ray, which would guess at types of cells."""
    import pyarrow

    return pyarrow.table(
        {
            "output": pyarrow.array([output], pyarrow.int64()),
            "kind": pyarrow.array([kind], pyarrow.string()),
            "number": pyarrow.array([number], pyarrow.int64()),
            "payload": pyarrow.array([payload], pyarrow.large_binary()),
        }
    )
