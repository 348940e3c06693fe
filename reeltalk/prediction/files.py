"""Scores files in this process, one after the other: the engine `local`."""

from reeltalk_inference import Predictor

from reeltalk.errors import ReelTalkError
from reeltalk.prediction.inputs import error_line, fetch
from reeltalk.prediction.parts import Parts, read_parts, rows_before
from reeltalk.prediction.progress import Progress
from reeltalk.prediction.verdict_rows import score_rows
from reeltalk.tables import count_lines
from reeltalk.terminal import warn

UNREADABLE = (ReelTalkError, FileNotFoundError, IsADirectoryError, PermissionError)
"""What is wrong with one file, and not with the next."""


def score_files(predictor: Predictor, outputs: list[Parts]) -> tuple[int, list[str]]:
    """Score files; what is wrong with one is said, and the others are scored.

    Returns:
        The rows in the finished outputs and in those begun, and the errors, a line each.
    """
    progress, errors = Progress(), []
    for parts in outputs:
        try:
            score_file(predictor, parts, progress)
        except UNREADABLE as error:
            parts.drop_if_empty()
            errors.append(error_line(error, parts.job, parts.dir))
            warn(f"error: {errors[-1]}")
    progress.close()
    return progress.rows, errors


def score_file(predictor: Predictor, parts: Parts, progress: Progress) -> None:
    """Score a file's rows into its output, with the verdict's columns added.

    Continues an earlier run over the same input with the same model. Memory does not grow with
    the file; what is finished is read again, once, and not scored.
    """
    parts.open()
    finished = parts.finished()
    file = fetch(parts.job, parts.dir)
    parts.take_columns(file)
    progress.expect(count_lines(file))
    if finished:
        warn(f"{parts.job.source}: continuing after {rows_before(len(finished)):,} rows")
    for number, rows in read_parts(file):
        if number in finished:
            progress.skip(len(rows))
            continue
        before = rows_before(number)
        scored = score_rows(predictor, rows, parts.text_column, parts.job.source, before)
        parts.write(number, scored)
        progress.add(len(rows))
    parts.join()
