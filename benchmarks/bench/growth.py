"""How ReelTalk's cost grows: with threads, a review's length, callers at once, and rows of a file.

What is measured of callers is one Predictor behind the Space's batcher.
"""

import csv
import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from reeltalk_inference import Predictor
from reeltalk_inference.batcher import Batcher

from bench.memory import measure_command
from bench.peers import NAIVE
from bench.processes import Engine
from bench.rounds import percentile, take_turns
from bench.tables import cell, table
from bench.texts import Ruler

THREADS = (1, 2)
LENGTHS = (10, 30, 100, 250, 500, 1000, 2000, 4000)
CALLERS = (1, 2, 4, 8, 16, 32, 64)
ROW_TOKENS = 20
LONGEST_RUN_S = 4 * 3600

COLD_TEXT = "A quiet, generous film that trusts its cast."


def threads_table(
    engines: Sequence[Engine], folder: Path, made: dict[str, Path], chunks: Sequence[Sequence[str]]
) -> str:
    """Measure int8 engines, and the naive pipeline, on one thread and on two."""
    chosen = [one for one in engines if one.variant.precision == "int8" or one.name == NAIVE]
    by_threads = [take_turns(chosen, folder, made, chunks, {}, threads) for threads in THREADS]
    rows = []
    for one, two in zip(*by_threads, strict=True):
        if one.failed or two.failed:
            continue
        gain = f"{two.speed / one.speed:.2f}"
        rows.append([one.engine.name, f"{one.speed:.1f}", f"{two.speed:.1f}", gain])
    heads = ["engine", *(f"{n} thread{'s' * (n > 1)}, reviews/s" for n in THREADS), "gain"]
    return table(heads, rows)


def lengths_table(folder: Path, sources: Sequence[str], calls: int) -> str:
    """Measure single reviews from a remark to a long essay."""
    predictor, ruler = Predictor.from_folder(folder), Ruler(folder)
    rows = []
    for tokens in LENGTHS:
        taken = []
        for text in ruler.texts_of(tokens, sources, calls):
            begun = time.perf_counter()
            (verdict,) = predictor.predict([text])
            taken.append(time.perf_counter() - begun)
        median = statistics.median(taken)
        rows.append(
            [f"{tokens:,}", str(verdict.windows), cell(1000 * median), f"{tokens / median:,.0f}"]
        )
    return table(["tokens", "windows", "median, ms", "tokens/s"], rows)


def callers_table(folder: Path, texts: Sequence[str], seconds: float) -> str:
    """Let callers ask for one review after the other, all at once."""
    predict = Batcher(Predictor.from_folder(folder).predict)
    rows = []
    for callers in CALLERS:
        taken: list[float] = []
        reviews, lock = itertools.cycle(texts), threading.Lock()
        end = time.perf_counter() + seconds

        def call(taken=taken, reviews=reviews, lock=lock, end=end) -> None:  # noqa: ANN001
            while (begun := time.perf_counter()) < end:
                with lock:
                    review = next(reviews)
                predict([review])
                taken.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        threads = [threading.Thread(target=call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(taken) / (time.perf_counter() - begun)
        cells = [cell(1000 * percentile(taken, percent)) for percent in (50, 95)]
        rows.append([str(callers), f"{rate:.1f}", *cells])
    return table(["callers", "reviews/s", "p50, ms", "p95, ms"], rows)


def rows_table(folder: Path, sources: Sequence[str], counts: Sequence[int]) -> str:
    """Score CSV files of short rows with the command that users run."""
    texts = Ruler(folder).texts_of(ROW_TOKENS, sources, min(1000, max(counts)))
    rows = []
    with tempfile.TemporaryDirectory() as place:
        file, out = Path(place) / "rows.csv", Path(place) / "scored.csv"
        for count in counts:
            with file.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(["text"])
                writer.writerows([text] for text in itertools.islice(itertools.cycle(texts), count))
            flags = [str(file), "--out", str(out)]
            seconds, peak = measure_command(_predict(folder, *flags), LONGEST_RUN_S)
            rows.append([f"{count:,}", cell(seconds), f"{count / seconds:,.0f}", cell(peak)])
    return table(["rows", "wall time, s", "rows/s", "peak memory, MB"], rows)


def cold_table(folder: Path, times: int) -> str:
    """Ask for one text from a shell, start of Python included."""
    command = _predict(folder, "--text", COLD_TEXT)
    measured = [measure_command(command, 120) for _ in range(times)]
    seconds = [one for one, _ in measured]
    peaks = [peak for _, peak in measured if peak is not None]
    spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
    peak = cell(max(peaks) if peaks else None)
    rows = [["`python -m reeltalk predict --text`", cell(statistics.median(seconds)), spread, peak]]
    return table(["command", "median, s", "spread, s", "peak memory, MB"], rows)


def _predict(folder: Path, *flags: str) -> list[str]:
    return [sys.executable, "-m", "reeltalk", "predict", "--model", str(folder), *flags]
