"""How a model reads the held-out slang: by split, by kind, and beside other models."""

from typing import Any

import numpy as np
from reeltalk_inference import Predictor

from reeltalk.config import SlangConfig
from reeltalk.evaluation import read_all
from reeltalk.metrics import measure
from reeltalk.slang import HELD_OUT, SlangSet, read_slang
from reeltalk.slang.sources import LABELS
from reeltalk.terminal import say


def measure_slang(predictor: Predictor, slang: SlangSet) -> dict[str, Any]:
    """Measure a predictor on the held-out rows of a slang set.

    Returns:
        "all" and each held-out split: its scores; "kinds": for each kind and held-out split the
        number of rows and the share told right.
    """
    rows = slang.held_out().rows
    readings = read_all(predictor, [row["text"] for row in rows], "measuring on held-out slang")
    truth = np.array([LABELS[row["label"]] for row in rows])
    right = (readings.positive >= 0.5) == (truth == 1)
    splits = np.array([row["split"] for row in rows])
    kinds = np.array([row["kind"] for row in rows])
    figures: dict[str, Any] = {}
    for name in ("all", *HELD_OUT):
        chosen = np.flatnonzero((splits == name) | (name == "all"))
        if len(chosen):
            figures[name] = measure(
                truth[chosen].tolist(), readings.positive[chosen], readings.tokens[chosen]
            ).as_json()
    figures["kinds"] = {
        kind: {
            split: {"rows": int(of.sum()), "accuracy": round(float(right[of].mean()), 6)}
            for split in HELD_OUT
            if (of := (kinds == kind) & (splits == split)).any()
        }
        for kind in dict.fromkeys(kinds.tolist())
    }
    return figures


def print_slang_scores(config: SlangConfig) -> None:
    """Print one table of all models: accuracy on each held-out split and kind."""
    slang = read_slang(config.slang_file)
    figures = {
        str(folder): measure_slang(Predictor.from_folder(folder), slang) for folder in config.models
    }
    say("\n".join(format_slang_scores(figures)))


def format_slang_scores(figures: dict[str, dict[str, Any]]) -> list[str]:
    """Lay the figures of several models out as a Markdown table, kinds in their order."""
    names = list(figures)
    lines = [f"| held out | rows | {' | '.join(names)} |", "|---" * (len(names) + 2) + "|"]
    first = figures[names[0]]

    def line(label: str, rows: int, values: list[float]) -> str:
        return f"| {label} | {rows:,} | {' | '.join(f'{100 * v:.1f} %' for v in values)} |"

    for split in ("all", *HELD_OUT):
        if split in first:
            values = [figures[name][split]["accuracy"] for name in names]
            lines.append(line(split, first[split]["rows"], values))
    lines.append(
        f"| ECE | {first['all']['rows']:,} | "
        + " | ".join(f"{figures[name]['all']['ece']:.3f}" for name in names)
        + " |"
    )
    for kind, by_split in first["kinds"].items():
        for split, entry in by_split.items():
            values = [figures[name]["kinds"][kind][split]["accuracy"] for name in names]
            lines.append(line(f"{kind}, {split}", entry["rows"], values))
    return lines
