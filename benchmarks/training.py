"""Training speed: the naive recipe against `fine_tune`, in turns, on the same reviews.

    python benchmarks/training.py --dataset stanfordnlp/imdb --base bundled

Every measurement runs in a process of its own; ours has tcmalloc, but for "glibc", as the
scripts do, and the naive one has not. The naive recipe
is the usual notebook: every review padded to 512 tokens, fp32, batches of 16, dropout 0.1, the
Trainer's defaults. Ours is `reeltalk.training.fine_tune` as the scripts call it, with its
evaluation and its checkpoint inside the time.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reeltalk.allocator import preload_allocator
from reeltalk.command_line import parse, run
from reeltalk.config import BUNDLED, Recipe, ReviewSource

RECIPES = ("naive", "ours-512", "ours-256", "ours-256-glibc")


@dataclass(frozen=True)
class BenchmarkConfig:
    """Compare training recipes by examples per second."""

    dataset: str = BUNDLED
    """Hub id, file or folder of reviews, or 'bundled'."""
    base: str = BUNDLED
    """Encoder: Hub id, model folder, or 'bundled'."""
    rounds: int = 3
    """Measurements of each recipe; the recipes take turns."""
    naive_rows: int = 64
    """Reviews per measurement of the naive recipe."""
    rows: int = 640
    """Reviews per measurement of ours."""
    only: Literal["", "naive", "ours-512", "ours-256", "ours-256-glibc"] = ""
    """Measure this recipe once, in this process, and print examples per second."""


def main() -> None:
    """Measure in turns and print a table."""
    config = parse(BenchmarkConfig)
    if config.only:
        print(_measure(config))
        return
    speeds: dict[str, list[float]] = {name: [] for name in RECIPES}
    for number in range(config.rounds):
        for name in RECIPES:
            speeds[name].append(_in_own_process(name, config))
            print(f"round {number + 1}, {name}: {speeds[name][-1]:.2f} examples/s", flush=True)
    naive = statistics.median(speeds["naive"])
    print("\n| recipe | examples/s, each round | median | ratio |\n|---|---|---|---|")
    for name, values in speeds.items():
        median = statistics.median(values)
        each = ", ".join(f"{value:.2f}" for value in values)
        print(f"| {name} | {each} | {median:.2f} | {median / naive:.1f} |")


def _in_own_process(name: str, config: BenchmarkConfig) -> float:
    flags = ["--dataset", config.dataset, "--base", config.base, "--rows", str(config.rows)]
    flags += ["--naive-rows", str(config.naive_rows), "--only", name]
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    ran = subprocess.run(
        [sys.executable, __file__, *flags],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(ran.stdout.splitlines()[-1])


def _measure(config: BenchmarkConfig) -> float:
    from reeltalk.base_model import find_base
    from reeltalk.reviews import read_reviews
    from reeltalk.sources import Hub, choose_base, choose_dataset
    from reeltalk.splits import draw

    tokens = 256 if "256" in config.only else 512
    source = choose_dataset(config.dataset, Hub())
    train = read_reviews(source, ReviewSource(config.dataset))[0]["train"]
    rows = config.naive_rows if config.only == "naive" else config.rows
    reviews = draw(train, min(1.0, rows / len(train)), 0)[1]
    base = find_base(choose_base(config.base, Hub()))
    with tempfile.TemporaryDirectory() as folder:
        if config.only == "naive":
            return _naive(base.folder, reviews, folder)
        return _ours(base, reviews, draw(reviews, 32 / rows, 0)[1], tokens, len(train), folder)


def _naive(base: Path, reviews, folder: str) -> float:  # noqa: ANN001
    """Time the usual notebook's Trainer, with whatever dropout the encoder was published with."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        Trainer,
        TrainingArguments,
    )

    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=2)
    read = AutoTokenizer.from_pretrained(base)(
        reviews.texts, padding="max_length", truncation=True, max_length=512
    )
    examples = [
        {"input_ids": ids, "attention_mask": mask, "labels": label}
        for ids, mask, label in zip(
            read["input_ids"], read["attention_mask"], reviews.labels, strict=True
        )
    ]
    arguments = TrainingArguments(
        output_dir=folder,
        per_device_train_batch_size=16,
        num_train_epochs=1,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=examples)
    begun = time.perf_counter()
    trainer.train()
    return len(examples) / (time.perf_counter() - begun)


def _ours(base, reviews, held_out, tokens: int, rows_of_train: int, folder: str) -> float:  # noqa: ANN001
    """Time one epoch of fine_tune, with the recipe for all the rows there are."""
    from reeltalk.base_model import encoder_shape, load_base, read_encoder_config
    from reeltalk.training import fine_tune
    from reeltalk.training.hardware import find_hardware
    from reeltalk.training.recipes import resolve_recipe

    recipe = resolve_recipe(
        Recipe(epochs=1.0, max_tokens=tokens, device="cpu"),
        encoder_shape(read_encoder_config(base)),
        512,
    )
    recipe = recipe.for_rows(rows_of_train)
    model, tokenizer = load_base(base, tokens, 0, recipe.dropout)
    hardware = find_hardware("cpu", "auto")
    outcome = fine_tune(model, tokenizer, reviews, held_out, recipe, hardware, Path(folder), 0)
    return len(reviews) / outcome.seconds


if __name__ == "__main__":
    if sys.argv[-2:-1] == ["--only"] and sys.argv[-1] in ("ours-512", "ours-256"):
        preload_allocator()
    run(main)
