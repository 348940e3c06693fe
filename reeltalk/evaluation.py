"""Measures a model folder with the very predictor that users get."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from reeltalk_inference import Predictor, Verdict

from reeltalk.metrics import Scores, measure
from reeltalk.reviews import LABEL_NAMES, Reviews
from reeltalk.terminal import progress_bar

_CHUNK = 128


@dataclass(frozen=True)
class Readings:
    """One model's answers to a set of reviews.

    Attributes:
        positive: probability of the positive class, shape (reviews,). Where a review is
            unreadable it is 0.5, which counts as a verdict for positive.
        first_window: the same from each review's first window alone: what a consumer gets who
            cuts reviews at the limit.
        margins: positive minus negative pooled logit, shape (reviews,).
        tokens: length of each review in tokens.
    """

    positive: np.ndarray
    first_window: np.ndarray
    margins: np.ndarray
    tokens: np.ndarray


def read_all(predictor: Predictor, texts: Sequence[str], doing: str) -> Readings:
    """Score reviews with a progress bar that says what is being done."""
    verdicts: list[Verdict] = []
    with progress_bar(doing, "review", len(texts)) as bar:
        for verdict in predictor.predict_stream(texts, _CHUNK):
            verdicts.append(verdict)
            bar.update()
    first = np.array([_margin(verdict.window_logits[:1]) for verdict in verdicts])
    margins = np.array([_margin(verdict.window_logits) for verdict in verdicts])
    tokens = np.array([verdict.tokens_total for verdict in verdicts])
    return Readings(_softmax(margins), _softmax(first), margins, tokens)


def evaluate(predictor: Predictor, reviews: Reviews, doing: str) -> tuple[Scores, Readings]:
    """Measure a predictor on labelled reviews."""
    readings = read_all(predictor, reviews.texts, doing)
    return measure(reviews.labels, readings.positive, readings.tokens), readings


def write_flips(file: Path, reviews: Reviews, first: np.ndarray, second: np.ndarray) -> None:
    """Write every review that two models' probabilities of positive call differently to a CSV."""
    with file.open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
        writer = csv.writer(stream)
        writer.writerow(("row", "label", "first_positive", "second_positive", "text"))
        for i in np.flatnonzero((first >= 0.5) != (second >= 0.5)).tolist():
            label = LABEL_NAMES[reviews.labels[i]]
            probabilities = f"{first[i]:.4f}", f"{second[i]:.4f}"
            writer.writerow((i, label, *probabilities, reviews.texts[i]))


def write_mistakes(file: Path, reviews: Reviews, positive: np.ndarray) -> int:
    """Write the wrong verdicts to a CSV, most confident first; give their number."""
    wrong = [i for i in range(len(reviews)) if (positive[i] >= 0.5) != (reviews.labels[i] == 1)]
    wrong.sort(key=lambda i: -abs(positive[i] - 0.5))
    with file.open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
        writer = csv.writer(stream)
        writer.writerow(("row", "label", "verdict", "probability", "text"))
        for i in wrong:
            verdict = LABEL_NAMES[int(positive[i] >= 0.5)]
            confidence = max(positive[i], 1 - positive[i])
            label = LABEL_NAMES[reviews.labels[i]]
            writer.writerow((i, label, verdict, f"{confidence:.4f}", reviews.texts[i]))
    return len(wrong)


def _margin(window_logits: Sequence[tuple[float, float]]) -> float:
    if not window_logits:
        return 0.0
    return float(np.mean([positive - negative for negative, positive in window_logits]))


def _softmax(margins: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(margins / 2))
