"""What reading costs the Space by itself: an average review, and a table of the Batch tab.

    python benchmarks/space_reading.py models/modern --batch-rows 200 2000

No server and no page: times and memory are those of the model and of the code that reads, scores
and writes a table. Each table holds three bundled reviews a row, about as much as one of IMDb's.
"""

import shutil
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from reeltalk_inference import Predictor
from reeltalk_inference.loading import LoadedModel
from running_space import AVERAGE_REVIEW_TOKENS, REPOSITORY, average_reviews, read_reviews

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional

# The Space's own modules, which lie beside app.py.
sys.path.insert(0, str(REPOSITORY / "deployment"))

from page.batch_run import score_steps, write_result  # noqa: E402
from tables import read_table  # noqa: E402


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure what reading costs with one model folder."""

    model: Positional[Path] = Path("models/modern")
    """Model folder."""
    repeats: int = 50
    """Readings of the average review."""
    batch_rows: tuple[int, ...] = ()
    """Rows of each table; the smaller first, since memory is not given back."""


def main() -> None:
    """Measure and print."""
    config = parse(BenchmarkConfig)
    reviews = read_reviews()
    print_model_time(config.model, reviews, config.repeats)
    for rows in config.batch_rows:
        print_batch_memory(config.model, reviews, rows)


def print_model_time(model: Path, reviews: list[str], repeats: int) -> None:
    """Print what reading an average review takes, without server and network."""
    predictor = Predictor.from_folder(model)
    (text,) = average_reviews(model, reviews, 1)
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        predictor.predict([text])
        times.append(time.perf_counter() - begun)
    print(
        f"a review of {AVERAGE_REVIEW_TOKENS} tokens: {1000 * statistics.median(times):.0f} ms "
        f"(median of {repeats}), p95 {1000 * statistics.quantiles(times, n=20)[-1]:.0f} ms"
    )


def print_batch_memory(model: Path, reviews: list[str], rows: int) -> None:
    """Print the most memory that a table took beyond the model, and how fast it was scored."""
    predict = Predictor.from_folder(model).predict
    loaded = LoadedModel("standard", model.name, "", predict)
    lines = [
        " ".join(reviews[(3 * row + i) % len(reviews)] for i in range(3)) for row in range(rows)
    ]
    predict(lines[:32])
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mine.txt"
        file.write_text("\n".join(line.replace("\n", " ") for line in lines), encoding="utf-8")
        before = most = process.memory_info().rss
        begun = time.perf_counter()
        table = read_table(file)
        steps = score_steps(table.column("review"), loaded, threading.Event())
        while step := next(steps, None):
            scored, most = step, max(most, process.memory_info().rss)
        shutil.rmtree(write_result(table, scored, file.name).parent)
        most = max(most, process.memory_info().rss)
        print(
            f"{rows:,} rows of {file.stat().st_size / 1e6:.1f} MB: {(most - before) / 1e6:+.0f} MB "
            f"at most, {rows / (time.perf_counter() - begun):.0f} rows/s"
        )


if __name__ == "__main__":
    run(main)
