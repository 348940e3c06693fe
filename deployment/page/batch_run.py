"""Scores a table row by row: in small steps, so that progress shows and Stop is heard."""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from reeltalk_inference.loading import LoadedModel
from reeltalk_inference.verdict import POSITIVE, Verdict
from tables import Table, write_scored

from page.batch_view import Scored
from page.cards import tone

_STEP_ROWS = 16
_STEP_CHARACTERS = 6_000


def score_steps(
    reviews: Sequence[str], model: LoadedModel, stop: threading.Event
) -> Iterator[Scored]:
    """Score reviews, and give what there is after every step; end early once `stop` is set."""
    verdicts: list[Verdict | None] = []
    begun = time.perf_counter()
    for step in _steps(reviews):
        if stop.is_set():
            yield Scored(reviews, verdicts, time.perf_counter() - begun, stopped=True)
            return
        written = [review for review in step if review.strip()]
        answers = iter(model.predict(written) if written else [])
        verdicts += [next(answers) if review.strip() else None for review in step]
        yield Scored(reviews, verdicts, time.perf_counter() - begun)


def write_result(table: Table, scored: Scored, name: str) -> Path:
    """Write the scored rows into a folder of their own; who hands them on deletes it."""
    folder = Path(tempfile.mkdtemp(prefix="reeltalk-batch-"))
    file = folder / f"{Path(name).stem[:60] or 'reviews'}-scored.csv"
    write_scored(file, table, (_cells(verdict) for verdict in scored.verdicts))
    return file


def _steps(reviews: Sequence[str]) -> Iterator[list[str]]:
    step: list[str] = []
    size = 0
    for review in reviews:
        step.append(review)
        size += len(review)
        if len(step) == _STEP_ROWS or size >= _STEP_CHARACTERS:
            yield step
            step, size = [], 0
    if step:
        yield step


def _cells(verdict: Verdict | None) -> tuple[str, str, str]:
    if verdict is None:
        return "blank", "", ""
    if verdict.label is None:
        return "unreadable", "", ""
    return tone(verdict), verdict.confidence, f"{verdict.probabilities[POSITIVE]:.4f}"
