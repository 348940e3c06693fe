"""Figures in words and tables, for the terminal: `evaluate`, `scores`, and the scripts' ends."""

from pathlib import Path
from typing import Any

import numpy as np
from reeltalk_inference import Predictor
from reeltalk_inference.engine import FP32_FILE, OnnxEngine

from reeltalk.config import BUNDLED, EvaluateConfig, ScoresConfig
from reeltalk.errors import ReelTalkError
from reeltalk.evaluation import Readings, evaluate, write_flips, write_mistakes
from reeltalk.metrics import Scores, compare
from reeltalk.model_folder import (
    METRICS_FILE,
    WEIGHTS_FILE,
    check_file_place,
    read_json,
    sha256_of,
    write_json,
)
from reeltalk.reviews import LABEL_NAMES, Reviews, read_reviews
from reeltalk.sources import BUNDLED_ACCURACY, Hub, Source, choose_dataset, say_substitutes
from reeltalk.splits import join, read_splits
from reeltalk.terminal import say

MOST_FLIPS_SHOWN = 10


def evaluate_models(config: EvaluateConfig) -> None:
    """Measure one folder, or compare two, on a split of labelled reviews."""
    for file in (config.mistakes, config.flips, config.out):
        check_file_place(file)
    predictors = [_open(folder, config) for folder in config.models]
    hub = Hub()
    dataset = choose_dataset(config.source.dataset, hub)
    say_substitutes(hub, dataset)
    reviews = _read(dataset, config)
    say(f"{len(reviews):,} reviews: {dataset.name} ({config.split})")
    measured = []
    for folder, predictor in zip(config.models, predictors, strict=True):
        scores, readings = evaluate(predictor, reviews, f"reading with {folder}")
        say(f"\n{folder} ({predictor.engine.name})\n{scores_table(scores, readings, reviews)}")
        measured.append((scores, readings))
    if config.mistakes is not None:
        wrong = write_mistakes(config.mistakes, reviews, measured[-1][1].positive)
        say(f"\n{wrong:,} wrong verdicts, most confident first: {config.mistakes}")
    if len(measured) == 2:
        first, second = measured[0][1], measured[1][1]
        say("\n" + comparison_table(config.models, reviews, first, second))
        if config.flips is not None:
            write_flips(config.flips, reviews, first.positive, second.positive)
            say(f"  all of them: {config.flips}")
    if config.out is not None:
        write_json(
            config.out,
            {
                str(folder): scores.as_json()
                for folder, (scores, _) in zip(config.models, measured, strict=True)
            },
        )


def scores_table(scores: Scores, readings: Readings, reviews: Reviews) -> str:
    """Lay out everything measured on one set of reviews."""
    low, high = scores.accuracy_interval
    cut = float(((readings.first_window >= 0.5) == (np.array(reviews.labels) == 1)).mean())
    lines = [
        f"  accuracy     {_percent(scores.accuracy)}  (95 % interval {_percent(low)} to "
        f"{_percent(high)}); first window alone {_percent(cut)}",
        f"  macro        precision {_percent(scores.macro_precision)}, "
        f"recall {_percent(scores.macro_recall)}, F1 {_percent(scores.macro_f1)}",
        f"  calibration  ECE {scores.ece:.4f}, NLL {scores.nll:.4f}, Brier {scores.brier:.4f}",
        "  class        precision  recall      F1  support   called negative  called positive",
    ]
    for i, name in enumerate(LABEL_NAMES):
        row = scores.per_class[name]
        negative, positive = scores.confusion[i]
        lines.append(
            f"  {name.lower():11}  {_percent(row['precision']):>9}{_percent(row['recall']):>8}"
            f"{_percent(row['f1']):>8}{row['support']:>9,}{negative:>18,}{positive:>17,}"
        )
    lines.append("  length in tokens  reviews  accuracy")
    lines += [
        f"  {band['tokens']:16}{band['rows']:>9,}{_percent(band['accuracy']):>10}"
        for band in scores.by_length
    ]
    return "\n".join(lines)


def comparison_table(
    folders: tuple[Path, ...], reviews: Reviews, first: Readings, second: Readings
) -> str:
    """Say which of two models is better, whether that may be chance, and what flipped."""
    outcome = compare(reviews.labels, first.positive, second.positive)
    net = (outcome.only_second - outcome.only_first) / len(reviews)
    flipped = np.flatnonzero((first.positive >= 0.5) != (second.positive >= 0.5))
    lines = [
        f"{folders[1]} against {folders[0]}: {100 * net:+.2f} points",
        f"  right only by {folders[0]}: {outcome.only_first:,}; "
        f"only by {folders[1]}: {outcome.only_second:,}; "
        f"McNemar's exact test p = {outcome.p_value:.3g}",
        f"  {len(flipped):,} verdicts flipped"
        + (f"; the first {MOST_FLIPS_SHOWN}:" if len(flipped) > MOST_FLIPS_SHOWN else ""),
    ]
    return "\n".join(lines + flipped_lines(reviews, first, second, flipped[:MOST_FLIPS_SHOWN]))


def flipped_lines(
    reviews: Reviews, first: Readings, second: Readings, which: np.ndarray
) -> list[str]:
    """Show flipped reviews: true label, both probabilities of positive, and how they begin."""
    return [
        f"    row {i}, {LABEL_NAMES[reviews.labels[i]].lower()}: positive "
        f"{_percent(first.positive[i])} -> {_percent(second.positive[i])}  "
        f"{' '.join(reviews.texts[i].split())[:70]}"
        for i in which.tolist()
    ]


def print_scores(config: ScoresConfig) -> None:
    """Print one table of all model folders' own measurements, and what to type next."""
    rows = [_score_row(folder) for folder in config.models if (folder / METRICS_FILE).is_file()]
    if not rows:
        looked = " or ".join(str(folder) for folder in config.models)
        raise ReelTalkError(f"no measured model in {looked}; train one with: make train")
    sets = {row["reviews"] for row in rows}
    header = ("model", "reviews", "accuracy", "95 % interval", "macro F1", "ECE", "slang")
    table = [header] + [
        (
            row["model"],
            f"{row['rows']:,}",
            _percent(row["accuracy"]),
            f"{_percent(row['low'])} to {_percent(row['high'])}",
            _percent(row["macro_f1"]),
            f"{row['ece']:.3f}",
            "-" if row["slang"] is None else _percent(row["slang"]),
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in table) for i in range(len(header))]
    for line in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    say(f"measured on the test split of {', '.join(sorted(sets))}; slang: terms held out")
    if BUNDLED in sets:
        say(
            "reviews by the same hands as those learnt: easier than real ones, of which about "
            f"{BUNDLED_ACCURACY} % are told right (IMDb's test)"
        )
    say('next: .venv/bin/python -m reeltalk predict --text "not bad at all"')


def _score_row(folder: Path) -> dict[str, Any]:
    metrics = read_json(folder / METRICS_FILE)
    if metrics["weights_sha256"] != sha256_of(folder / WEIGHTS_FILE):
        raise ReelTalkError(
            f"{folder}: {METRICS_FILE} was measured on other weights than {WEIGHTS_FILE}; "
            "train the model again"
        )
    test = metrics["test"]
    low, high = test["accuracy_interval"]
    return {
        "model": str(folder),
        "reviews": metrics["reviews"]["source"],
        "rows": test["rows"],
        "accuracy": test["accuracy"],
        "low": low,
        "high": high,
        "macro_f1": test["macro_f1"],
        "ece": test["ece"],
        "slang": metrics.get("slang", {}).get("unseen-term", {}).get("accuracy"),
    }


def _read(dataset: Source, config: EvaluateConfig) -> Reviews:
    if config.split != "all":
        return getattr(read_splits(dataset, config.source), config.split)
    everything = Reviews([], [])
    for part in read_reviews(dataset, config.source)[0].values():
        everything = join(everything, part)
    return everything


def _open(folder: Path, config: EvaluateConfig) -> Predictor:
    predictor = Predictor.from_folder(folder, config.threads)
    if config.precision == "fp32":
        predictor.engine = OnnxEngine(folder / FP32_FILE, config.threads)
    return predictor


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
