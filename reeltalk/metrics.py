"""The figures a model is judged by, from labels and probabilities. Runs no model."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from reeltalk.reviews import LABEL_NAMES

ECE_BINS = 15

LENGTH_BANDS = (64, 128, 256, 512, 1024)
"""Upper bounds of the bands of review lengths, in tokens; the last band has none."""


@dataclass(frozen=True)
class Scores:
    """Everything measured on one set of reviews. Shares lie in 0..1.

    Attributes:
        rows: reviews measured.
        accuracy, accuracy_interval: share right, and its 95 % Wilson interval.
        macro_precision, macro_recall, macro_f1: means over the two classes.
        per_class: precision, recall, f1 and support by label name.
        confusion: rows are true labels, columns verdicts, both negative first.
        ece: expected calibration error, 15 equal bins of the winner's probability (Guo et al.
            2017, "On calibration of modern neural networks").
        nll: mean negative log-likelihood of the true label, in nats.
        brier: mean squared error of the positive class's probability.
        by_length: rows and accuracy in bands of review length in tokens.
    """

    rows: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_precision: float
    macro_recall: float
    macro_f1: float
    per_class: dict[str, dict[str, float]]
    confusion: list[list[int]]
    ece: float
    nll: float
    brier: float
    by_length: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Give the figures as JSON values, shares rounded to six digits."""
        return _rounded(asdict(self))


@dataclass(frozen=True)
class Comparison:
    """Two models on the same reviews.

    Attributes:
        only_first, only_second: reviews that only the one model gets right.
        p_value: exact McNemar test of equal accuracy (two-sided).
    """

    only_first: int
    only_second: int
    p_value: float


def measure(
    labels: Sequence[int], positive: np.ndarray, tokens: np.ndarray | None = None
) -> Scores:
    """Compute every figure.

    Args:
        labels: true labels, 0 or 1.
        positive: probability of the positive class, shape (reviews,).
        tokens: length of each review in tokens, for the length bands.
    """
    truth = np.asarray(labels)
    verdicts = (positive >= 0.5).astype(int)
    right = verdicts == truth
    interval = binomtest(int(right.sum()), len(truth)).proportion_ci(0.95, "wilson")
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, verdicts, labels=[0, 1], zero_division=0.0
    )
    of_truth = np.clip(np.where(truth == 1, positive, 1 - positive), 1e-12, 1)
    return Scores(
        rows=len(truth),
        accuracy=float(right.mean()),
        accuracy_interval=(float(interval.low), float(interval.high)),
        macro_precision=float(precision.mean()),
        macro_recall=float(recall.mean()),
        macro_f1=float(f1.mean()),
        per_class={
            name: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": int(support[i]),
            }
            for i, name in enumerate(LABEL_NAMES)
        },
        confusion=confusion_matrix(truth, verdicts, labels=[0, 1]).tolist(),
        ece=expected_calibration_error(truth, positive),
        nll=float(-np.log(of_truth).mean()),
        brier=float(((positive - truth) ** 2).mean()),
        by_length=[] if tokens is None else _by_length(right, tokens),
    )


def expected_calibration_error(truth: np.ndarray, positive: np.ndarray) -> float:
    """Mean gap between the winner's probability and its share right, over `ECE_BINS` bins."""
    confidence = np.maximum(positive, 1 - positive)
    right = (positive >= 0.5) == (truth == 1)
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [
        abs(confidence[bins == i].mean() - right[bins == i].mean()) * (bins == i).mean()
        for i in range(ECE_BINS)
        if (bins == i).any()
    ]
    return float(sum(gaps))


def compare(labels: Sequence[int], first: np.ndarray, second: np.ndarray) -> Comparison:
    """Compare two models' probabilities of the positive class on the same reviews."""
    truth = np.asarray(labels) == 1
    first_right, second_right = (first >= 0.5) == truth, (second >= 0.5) == truth
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    differing = only_first + only_second
    p_value = binomtest(only_first, differing).pvalue if differing else 1.0
    return Comparison(only_first, only_second, float(p_value))


def _by_length(right: np.ndarray, tokens: np.ndarray) -> list[dict[str, Any]]:
    bounds = (0, *LENGTH_BANDS, math.inf)
    bands = []
    for low, high in pairwise(bounds):
        inside = (tokens > low) & (tokens <= high)
        if inside.any():
            band = f"over {low}" if high == math.inf else f"{int(low) + 1}-{high}"
            bands.append(
                {"tokens": band, "rows": int(inside.sum()), "accuracy": float(right[inside].mean())}
            )
    return bands


def _rounded(value: Any) -> Any:  # noqa: ANN401  (any JSON value)
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value
