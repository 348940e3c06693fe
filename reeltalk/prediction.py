"""Scores texts from the command line: one text, standard input, or files larger than memory.

A file is scored in parts of `PART_ROWS` rows. Each part is written whole beside the output and
stays if the process is killed; the next run with the same input goes on after the last one, and
the parts become the output at the end. Nothing here imports torch.
"""

import hashlib
import itertools
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reeltalk_inference import Predictor, Verdict
from reeltalk_inference.verdict import POSITIVE

from reeltalk.command_line import EXIT_INTERRUPTED
from reeltalk.config import PredictConfig
from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import check_file_place, read_json, write_json
from reeltalk.tables import (
    Row,
    check_format,
    count_lines,
    parquet_schema,
    read_columns,
    read_rows,
    write_rows,
)
from reeltalk.terminal import progress_bar, say, warn

PART_ROWS = 1024

MODEL_FOLDERS = (Path("models/modern"), Path("models/standard"))
"""Where a model is looked for when none is named, best first."""

VERDICT_COLUMNS = ("verdict", "positive", "confidence", "tokens_read", "tokens_total", "windows")


def predict(config: PredictConfig) -> None:
    """Score what the command line names, and print or write the verdicts."""
    if config.file is None or str(config.file) == "-":
        predictor = Predictor.from_folder(find_model(config.model), config.threads)
        if config.text is not None:
            _print_verdict(predictor.predict([config.text])[0], config.json)
        else:
            _predict_lines(predictor)
        return
    out = config.out or config.file.with_name(f"{config.file.stem}.scored{config.file.suffix}")
    _check_files(config.file, out, config.text_column)
    predictor = Predictor.from_folder(find_model(config.model), config.threads)
    try:
        rows = predict_file(
            predictor, config.file, out, config.text_column, _model_id(config.model)
        )
    except KeyboardInterrupt:
        warn("stopped; the same command goes on where this one ended")
        sys.exit(EXIT_INTERRUPTED)
    say(f"{rows:,} reviews scored: {out}")


def find_model(named: Path | None) -> Path:
    """Give the model folder to use: the named one, or the best that is there.

    Raises:
        ReelTalkError: if there is none.
    """
    folders = (named,) if named else MODEL_FOLDERS
    for folder in folders:
        if (folder / "config.json").is_file():
            return folder
    looked = " or ".join(str(folder) for folder in folders)
    raise ReelTalkError(f"no model in {looked}; train one with: make train")


def predict_file(
    predictor: Predictor, file: Path, out: Path, text_column: str, model_id: str
) -> int:
    """Score a file's rows into `out`, in its format, with the verdict's columns added.

    Continues an earlier run over the same input with the same model; removes its parts at the
    end. Memory does not grow with the file.

    Returns:
        The number of rows in `out`.
    """
    out_columns = [*read_columns(file), *VERDICT_COLUMNS]
    schema = _schema(file)
    parts_dir = out.with_name(out.name + ".parts")
    done = _open_parts(parts_dir, file, text_column, model_id)
    rows = read_rows(file)
    skipped = sum(1 for _ in itertools.islice(rows, done * PART_ROWS))
    total = skipped
    with progress_bar("scoring", "review", count_lines(file), skipped) as bar:
        for number in itertools.count(done):
            batch = list(itertools.islice(rows, PART_ROWS))
            if not batch:
                break
            scored = _score(predictor, batch, text_column, file, number * PART_ROWS)
            part = parts_dir / f"{number:08d}{out.suffix}"
            unfinished = part.with_name(f"unfinished{out.suffix}")
            write_rows(unfinished, scored, out_columns, schema, header=False)
            unfinished.replace(part)
            bar.update(len(batch))
            total += len(batch)
    _join_parts(parts_dir, out, out_columns, schema)
    shutil.rmtree(parts_dir)
    return total


def _score(
    predictor: Predictor, rows: list[Row], text_column: str, file: Path, before: int
) -> list[Row]:
    texts = []
    for number, row in enumerate(rows, start=before + 1):
        text = row.get(text_column)
        if text is not None and not isinstance(text, str):
            raise ReelTalkError(
                f"{file}, row {number}: '{text_column}' holds {text!r}, which is no text; "
                "name the column of the reviews with --text-column"
            )
        texts.append(text or "")
    verdicts = predictor.predict(texts)
    return [row | _verdict_row(verdict) for row, verdict in zip(rows, verdicts, strict=True)]


def _verdict_row(verdict: Verdict) -> Row:
    positive = verdict.probabilities.get(POSITIVE)
    return {
        "verdict": verdict.label,
        "positive": None if positive is None else round(positive, 6),
        "confidence": verdict.confidence,
        "tokens_read": verdict.tokens_read,
        "tokens_total": verdict.tokens_total,
        "windows": verdict.windows,
    }


def _check_files(file: Path, out: Path, text_column: str) -> None:
    check_format(file)
    if out.suffix.lower() != file.suffix.lower():
        raise ReelTalkError(f"--out {out}: the output has the input's format, {file.suffix}")
    check_file_place(out)
    if out.resolve() == file.resolve():
        raise ReelTalkError(f"--out {out} is the input itself; name another file")
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


def _schema(file: Path) -> Any:  # noqa: ANN401  (pyarrow ships no types)
    if file.suffix.lower() != ".parquet":
        return None
    import pyarrow

    types = (pyarrow.string(), pyarrow.float64(), pyarrow.string(), *[pyarrow.int64()] * 3)
    schema = parquet_schema(file)
    for name, kind in zip(VERDICT_COLUMNS, types, strict=True):
        schema = schema.append(pyarrow.field(name, kind))
    return schema


def _open_parts(parts_dir: Path, file: Path, text_column: str, model_id: str) -> int:
    """Count the parts that an earlier run over the same input has finished."""
    status = file.stat()
    identity = f"{file.resolve()} {status.st_size} {status.st_mtime_ns} {text_column} {model_id}"
    job = {"input": hashlib.sha256(identity.encode()).hexdigest(), "part_rows": PART_ROWS}
    job_file = parts_dir / "job.json"
    if not (job_file.is_file() and read_json(job_file) == job):
        shutil.rmtree(parts_dir, ignore_errors=True)
        parts_dir.mkdir(parents=True)
        write_json(job_file, job)
    finished = sorted(parts_dir.glob("[0-9]*"))
    if finished:
        warn(f"continuing after {len(finished) * PART_ROWS:,} rows")
    return len(finished)


def _join_parts(parts_dir: Path, out: Path, columns: list[str], schema: Any) -> None:  # noqa: ANN401
    parts = sorted(parts_dir.glob("[0-9]*"))
    unfinished = parts_dir / f"unfinished{out.suffix}"
    if out.suffix.lower() == ".parquet":
        import pyarrow.parquet

        with pyarrow.parquet.ParquetWriter(unfinished, schema) as writer:
            for part in parts:
                writer.write_table(pyarrow.parquet.read_table(part, schema=schema))
    else:
        write_rows(unfinished, [], columns)
        with unfinished.open("ab") as joined:
            for part in parts:
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, joined)
    unfinished.replace(out)


def _model_id(named: Path | None) -> str:
    """Tell models apart: a file half scored by one is not continued by another."""
    metrics = find_model(named) / "metrics.json"
    return str(read_json(metrics).get("weights_sha256")) if metrics.is_file() else str(named)


def _predict_lines(predictor: Predictor) -> None:
    """Score standard input line by line, one JSON object each, as the lines come."""
    for line in _lines():
        verdict = predictor.predict([line])[0]
        say(json.dumps(_verdict_row(verdict), ensure_ascii=False))


def _lines() -> Iterator[str]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ReelTalkError(
                f"standard input, line {number}: byte {line[error.start]:#04x} is not UTF-8"
            ) from error


def _print_verdict(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        say(json.dumps(_verdict_row(verdict)))
        return
    if verdict.label is None:
        say(f"{verdict.confidence}: there is nothing to read (no letters, no known symbols)")
        return
    say(f"{verdict.label.capitalize()} ({verdict.confidence.lower()})")
    for label, probability in sorted(verdict.probabilities.items(), reverse=True):
        bar = "#" * round(20 * probability)
        say(f"  {label.lower():8} {bar:20} {100 * probability:5.1f} %")
    if verdict.windows > 1:
        say(f"  read in {verdict.windows} parts, {verdict.tokens_read} tokens")
