"""Training: the naive recipe against `fine_tune`, in turns, on the same reviews.

    python benchmarks/training.py --dataset stanfordnlp/imdb --base bundled

Prints two tables: how many examples and tokens a second, and after what time a score is reached on
reviews that are not learnt. Every measurement runs in a process of its own (bench/recipes.py);
ours has tcmalloc, but for "glibc", as the scripts do, and the naive one has not. What is scored
for the second table is of the training split, and scored beside the clock.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bench.tables import cell, table

from reeltalk.allocator import preload_allocator
from reeltalk.command_line import parse, run
from reeltalk.config import BUNDLED, ReviewSource
from reeltalk.config.parts import require
from reeltalk.terminal import say, warn

NAIVE = "naive"
RECIPES = (NAIVE, "ours-512", "ours-256", "ours-256-glibc")
LEARNERS = (NAIVE, "ours-512", "ours-256")
EXAM_REVIEWS = 600
MOST_EXAM_SHARE = 0.3
EXAM_EVERY = 10
HELD_OUT = 32


@dataclass(frozen=True)
class BenchmarkConfig:
    """Compare training recipes by examples per second, and by the time to a score."""

    dataset: str = BUNDLED
    """Hub id, file or folder of reviews, or 'bundled'."""
    base: str = BUNDLED
    """Encoder: Hub id, model folder, or 'bundled'."""
    rounds: int = 3
    """Measurements of each recipe's speed; the recipes take turns."""
    naive_rows: int = 64
    """Reviews per measurement of the naive recipe's speed."""
    rows: int = 640
    """Reviews per measurement of ours."""
    learn_rows: int = 1600
    """Reviews from which each recipe learns for the score; 0 leaves the second table out. All of
    1,600 take the naive one half an hour."""
    target: float = 0.8
    """The score: macro F1 on 600 reviews."""
    only: Literal["", "naive", "ours-512", "ours-256", "ours-256-glibc"] = ""
    """Measure this recipe once, in this process, and print the figures."""

    def __post_init__(self) -> None:
        """Check ranges."""
        for flag, value in (("--rounds", self.rounds), ("--rows", self.rows)):
            require(value >= 1, flag, value, "1 or more")
        require(0 < self.target < 1, "--target", self.target, "between 0 and 1")


def main() -> None:
    """Measure in turns and print the tables."""
    config = parse(BenchmarkConfig)
    if config.only:
        say(json.dumps(_measure(config)))
        return
    say(_speed_table(config) + "\n")
    if config.learn_rows:
        say(_score_table(config))


def _speed_table(config: BenchmarkConfig) -> str:
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in RECIPES}
    for number in range(config.rounds):
        for name in RECIPES:
            rows = config.naive_rows if name == NAIVE else config.rows
            flags = ["--rows", str(rows), "--learn-rows", "0"]
            runs[name].append(_in_own_process(name, config, flags))
            speed = runs[name][-1]["examples"] / runs[name][-1]["seconds"]
            warn(f"round {number + 1}, {name}: {speed:.2f} examples/s")
    speeds = {
        name: [run["examples"] / run["seconds"] for run in each] for name, each in runs.items()
    }
    naive = statistics.median(speeds[NAIVE])
    rows = [
        [
            name,
            ", ".join(f"{speed:.2f}" for speed in speeds[name]),
            f"{statistics.median(speeds[name]):.2f}",
            f"{statistics.median(speeds[name]) / naive:.1f}",
            cell(statistics.median(run["tokens"] / run["seconds"] for run in each)),
        ]
        for name, each in runs.items()
    ]
    return table(["recipe", "examples/s, each round", "median", "ratio", "tokens/s"], rows)


def _score_table(config: BenchmarkConfig) -> str:
    """Let each learn until it is good enough, once."""
    reached = f"macro F1 of {100 * config.target:g} %"
    heads = ["recipe", reached, "examples read", "ratio of time", "scores on the way, in %"]
    rows, naive = [], None
    for name in LEARNERS:
        scores = _in_own_process(name, config, ["--learn-rows", str(config.learn_rows)])["scores"]
        # A set too small for one scoring gives none.
        last = scores[-1] if scores else {"macro_f1": 0.0, "seconds": 0.0, "examples": 0}
        is_there = last["macro_f1"] >= config.target
        if name == NAIVE and is_there:
            naive = last["seconds"]
        seconds = f"after {cell(last['seconds'])} s" if is_there else "not reached"
        on_the_way = ", ".join(f"{100 * score['macro_f1']:.1f}" for score in scores)
        ratio = cell(naive / last["seconds"]) if is_there and naive else "–"
        rows.append([name, seconds, cell(last["examples"]), ratio, on_the_way])
        warn(f"{name}: {seconds}, {on_the_way}")
    each = f"every {EXAM_EVERY} steps on up to {EXAM_REVIEWS} reviews that nobody learns"
    learnt = f"One epoch of up to {config.learn_rows:,} reviews"
    return f"{learnt}, scored {each}:\n\n{table(heads, rows)}"


def _in_own_process(name: str, config: BenchmarkConfig, flags: list[str]) -> dict[str, Any]:
    flags += ["--dataset", config.dataset, "--base", config.base, "--target", str(config.target)]
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    ran = subprocess.run(
        [sys.executable, __file__, *flags, "--only", name],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


def _measure(config: BenchmarkConfig) -> dict[str, Any]:
    from bench.recipes import Exam, learn_as_we_do, learn_naively

    from reeltalk.base_model import find_base
    from reeltalk.reviews import read_reviews
    from reeltalk.sources import Hub, choose_base, choose_dataset
    from reeltalk.splits import draw, read_splits

    source = choose_dataset(config.dataset, Hub())
    columns = ReviewSource(config.dataset)
    parts, _ = read_reviews(source, columns)
    # Looking for duplicates takes its time, and no figure here is of a test split.
    rest = parts["train"] if "train" in parts else read_splits(source, columns).train
    rows_to_learn, exam = len(rest), None
    if config.learn_rows:
        rest, unseen = draw(rest, min(EXAM_REVIEWS / len(rest), MOST_EXAM_SHARE), 1)
        exam = Exam(unseen, config.target, EXAM_EVERY)
        rows_to_learn = config.learn_rows
    train = draw(rest, min(1.0, (config.learn_rows or config.rows) / len(rest)), 0)[1]
    base = find_base(choose_base(config.base, Hub()))
    with tempfile.TemporaryDirectory() as place:
        if config.only == NAIVE:
            return asdict(learn_naively(base, train, exam, place))
        tokens = 256 if "256" in config.only else 512
        held_out = draw(train, HELD_OUT / len(train), 0)[1]
        return asdict(learn_as_we_do(base, train, held_out, exam, tokens, rows_to_learn, place))


if __name__ == "__main__":
    if sys.argv[-2:-1] == ["--only"] and sys.argv[-1] in ("ours-512", "ours-256"):
        preload_allocator()
    run(main)
