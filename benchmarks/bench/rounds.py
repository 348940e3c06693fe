"""Engines in turns: in every round each of them reads the same reviews; what came of it."""

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.peers import NAIVE
from bench.processes import Engine, EngineFailedError, EngineProcess
from reeltalk.terminal import progress_bar, warn

CALL_TOKENS = (20, 230, 512)


@dataclass
class Result:
    """What one engine did.

    Attributes:
        engine: which.
        failed: why it was not measured; "" if it was.
        opened: the worker's account of import, load, file size and versions.
        speeds: reviews per second of each round.
        positive: the probability of POSITIVE of every review, over all rounds.
        calls: seconds of single reviews, by their number of tokens.
        peak_mb: the most memory its process held.
    """

    engine: Engine
    failed: str = ""
    opened: dict[str, Any] = field(default_factory=dict)
    speeds: list[float] = field(default_factory=list)
    positive: list[float] = field(default_factory=list)
    calls: dict[int, list[float]] = field(default_factory=dict)
    peak_mb: float | None = None

    @property
    def speed(self) -> float:
        """Give the median of the rounds, in reviews per second."""
        return statistics.median(self.speeds)


def take_turns(
    engines: Sequence[Engine],
    folder: Path,
    made: Mapping[str, Path],
    chunks: Sequence[Sequence[str]],
    calls: Mapping[int, Sequence[Sequence[str]]],
    threads: int,
) -> list[Result]:
    """Measure every engine on every chunk, one round after the other.

    Args:
        engines: what to measure; an engine that fails is left out of later rounds.
        folder: the model folder.
        made: where each engine file's own format lies.
        chunks: the reviews of each round.
        calls: by number of tokens, the reviews that are asked for singly in each round.
        threads: for each engine.
    """
    results = [Result(engine) for engine in engines]
    processes: dict[str, EngineProcess] = {}
    try:
        with progress_bar("measuring", "turn", len(engines) * len(chunks)) as bar:
            for number, result in itertools.product(range(len(chunks)), results):
                if not result.failed:
                    _take_turn(result, folder, made, chunks, calls, number, threads, processes)
                bar.update()
        for result in results:
            if not result.failed:
                result.peak_mb = processes[result.engine.name].peak_mb()
    finally:
        for process in processes.values():
            process.close()
    return results


def _take_turn(
    result: Result,
    folder: Path,
    made: Mapping[str, Path],
    chunks: Sequence[Sequence[str]],
    calls: Mapping[int, Sequence[Sequence[str]]],
    number: int,
    threads: int,
    processes: dict[str, EngineProcess],
) -> None:
    engine = result.engine
    try:
        if engine.name not in processes:
            process = EngineProcess(engine, folder, made[engine.file], threads)
            processes[engine.name], result.opened = process, process.opened
            process.score(chunks[0][:2])  # the first call pays for what is prepared once
        process = processes[engine.name]
        seconds, positive = process.score(chunks[number])
        result.speeds.append(len(chunks[number]) / seconds)
        result.positive += positive
        for tokens, texts in calls.items():
            result.calls.setdefault(tokens, []).extend(process.time_each(texts[number]))
    except EngineFailedError as error:
        result.failed = str(error)
        warn(f"{engine.name} is not measured: {error}")


def reference_of(result: Result, results: Sequence[Result]) -> Result | None:
    """Give the engine in fp32 that reads as much of a review: the naive one, or the first."""
    alike = [
        other
        for other in results
        if not other.failed
        and other.engine.variant.precision == "fp32"
        and other.engine.variant.reads == result.engine.variant.reads
    ]
    return next((one for one in alike if one.engine.name == NAIVE), alike[0] if alike else None)


def agreement(first: Sequence[float], second: Sequence[float]) -> float:
    """Give the share of reviews that two engines give the same verdict."""
    same = [(one >= 0.5) == (other >= 0.5) for one, other in zip(first, second, strict=True)]
    return sum(same) / len(same)


def accuracy(positive: Sequence[float], labels: Sequence[int]) -> float:
    """Give the share of reviews told right."""
    return agreement(positive, [float(label) for label in labels])


def ratio(result: Result, results: Sequence[Result]) -> float | None:
    """Give a throughput as a multiple of the naive pipeline's in the same rounds.

    The median over rounds of each round's own ratio: what slows a whole round cancels out.
    """
    naive = next((one for one in results if one.engine.name == NAIVE and not one.failed), None)
    if naive is None:
        return None
    each = [own / other for own, other in zip(result.speeds, naive.speeds, strict=True)]
    return statistics.median(each)


def percentile(values: Sequence[float], percent: int) -> float:
    """Give a percentile, between the two values beside it where it falls between them."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
