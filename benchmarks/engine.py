"""Why the int8 file and the engine are as they are: each step beside what it replaced.

    python benchmarks/engine.py models/standard

Files: the same weights in graphs with more and more taken away, a window on each core, and how far
each moves the margin between the labels on bundled reviews. Feeding: the last of them, in bulk and
a window by itself. Candidates take turns.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from bench.tables import cell, table
from engine_graphs import first_windows, margins_moved, open_session, run_session, write_graphs
from reeltalk_inference.cores import available_cores
from reeltalk_inference.model_config import read_model_config

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional
from reeltalk.prediction.models import find_model

BULK_TOKENS = 16_384
"""Tokens that a candidate scores in a turn."""

CALLS = 8
"""Windows that it scores one by one in a turn."""

BATCH = 16

Feed = Callable[[list[np.ndarray]], None]


@dataclass(frozen=True)
class BenchmarkConfig:
    """Compare graphs and ways to feed them on one model folder."""

    model: Positional[Path] = Path("models/standard")
    """Model folder with its weights."""
    rounds: int = 5
    """Turns of each candidate."""


def main() -> None:
    """Measure and print both tables."""
    config = parse(BenchmarkConfig)
    folder = find_model(config.model)
    longest = read_model_config(folder / "config.json").max_tokens
    threads = available_cores()
    with tempfile.TemporaryDirectory() as place:
        files = write_graphs(folder, longest, Path(place))
        one_each = {
            name: _on_each_core(open_session(file, 1), threads) for name, file in files.items()
        }
        lengths = sorted({min(tokens, longest) for tokens in (20, 128, longest)})
        read = first_windows(folder, longest)
        ids = np.concatenate(read)
        more = {
            "MB": {name: f"{file.stat().st_size / 1e6:.1f}" for name, file in files.items()},
            "mean Δ margin": margins_moved(files, read),
        }
        speeds = _bulk(one_each, ids, lengths, config.rounds)
        print(_speed_table("file", speeds, lengths, more), end="\n\n", flush=True)
        last = list(files.values())[-1]
        spinning, waiting = open_session(last, threads), open_session(last, threads, spin=False)
        feeds = {
            "a window on each core, a thread for each": _on_each_core(
                open_session(last, 1), threads
            ),
            "a window on each core, threads shared, waiting": _on_each_core(waiting, threads),
            "a window on each core, threads shared, spinning": _on_each_core(spinning, threads),
            f"batches of {BATCH} windows, all cores": _in_batches(spinning),
        }
        speeds = _bulk(feeds, ids, lengths, config.rounds)
        print(_speed_table("bulk", speeds, lengths, {}), end="\n\n", flush=True)
        alone = {
            "all cores, spinning": _one_by_one(spinning),
            "all cores, waiting": _one_by_one(waiting),
            "one core": _one_by_one(open_session(last, 1)),
        }
        print(_calls_table(alone, ids, lengths, config.rounds))


def _on_each_core(session: onnxruntime.InferenceSession, threads: int) -> Feed:
    def feed(windows: list[np.ndarray]) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda window: run_session(session, window[None, :]), windows))

    return feed


def _in_batches(session: onnxruntime.InferenceSession) -> Feed:
    def feed(windows: list[np.ndarray]) -> None:
        for start in range(0, len(windows), BATCH):
            run_session(session, np.stack(windows[start : start + BATCH]))

    return feed


def _one_by_one(session: onnxruntime.InferenceSession) -> Feed:
    def feed(windows: list[np.ndarray]) -> None:
        for window in windows:
            run_session(session, window[None, :])

    return feed


def _windows(ids: np.ndarray, tokens: int, count: int) -> list[np.ndarray]:
    """Cut a stream of reviews' ids into windows of one length, beginning anew at its end."""
    return list(np.resize(ids, (count, tokens)))


def _bulk(
    feeds: Mapping[str, Feed], ids: np.ndarray, lengths: list[int], rounds: int
) -> dict[str, list[list[float]]]:
    """Give tokens per second by candidate, length and round."""
    speeds: dict[str, list[list[float]]] = {name: [[] for _ in lengths] for name in feeds}
    for index, tokens in enumerate(lengths):
        windows = _windows(ids, tokens, max(BATCH, BULK_TOKENS // tokens))
        for _ in range(rounds):
            for name, feed in feeds.items():
                begun = time.perf_counter()
                feed(windows)
                seconds = time.perf_counter() - begun
                speeds[name][index].append(tokens * len(windows) / seconds)
    return speeds


def _speed_table(
    head: str,
    speeds: Mapping[str, list[list[float]]],
    lengths: list[int],
    more: Mapping[str, Mapping[str, str]],
) -> str:
    """Show medians, and beside them the median of each round's ratio to the first candidate's."""
    first = next(iter(speeds.values()))
    rows = []
    for name, each in speeds.items():
        cells = [column[name] for column in more.values()]
        for own, theirs in zip(each, first, strict=True):
            ratio = statistics.median(a / b for a, b in zip(own, theirs, strict=True))
            cells.append(f"{cell(statistics.median(own))} ({ratio:.2f})")
        rows.append([name, *cells])
    heads = [f"{tokens} tokens: tokens/s (ratio)" for tokens in lengths]
    return table([head, *more, *heads], rows)


def _calls_table(
    feeds: Mapping[str, Feed], ids: np.ndarray, lengths: list[int], rounds: int
) -> str:
    milliseconds: dict[str, list[list[float]]] = {name: [[] for _ in lengths] for name in feeds}
    for index, tokens in enumerate(lengths):
        for _ in range(rounds):
            for name, feed in feeds.items():
                for window in _windows(ids, tokens, CALLS):
                    begun = time.perf_counter()
                    feed([window])
                    milliseconds[name][index].append(1000 * (time.perf_counter() - begun))
    rows = [
        [name, *(cell(statistics.median(one)) for one in each)]
        for name, each in milliseconds.items()
    ]
    return table(["a window by itself", *(f"{tokens} tokens, p50 ms" for tokens in lengths)], rows)


if __name__ == "__main__":
    run(main)
