"""How fast the Space starts and answers many callers, and what memory it takes.

    python benchmarks/space.py models/modern
    python benchmarks/space.py models/modern --callers 50 --seconds 60 --rounds 1
    python benchmarks/space.py models/modern --callers --soak 20000

Callers ask POST /v1/predict for one review of data/reviews.csv after the other, each over a
connection of its own and from addresses of its own, so that no rate limit answers for the model.
What a visitor sees in a browser is space_page.py's; what reading costs, space_reading.py's.
"""

import http.client
import itertools
import math
import statistics
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from running_space import (
    REPOSITORY,
    Space,
    ask,
    forget_files,
    read_reviews,
    running,
)

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional

WARM_UP_S = 1.0
WARM_UP_REQUESTS = 500
SOAKING_CALLERS = 4


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure the Space on one model folder."""

    model: Positional[Path] = Path("models/modern")
    """Model folder."""
    deployment: Path = REPOSITORY / "deployment"
    """The app's folder; that of another checkout, to compare."""
    callers: tuple[int, ...] = (1, 8, 50)
    """How many ask at once; none to leave these loads out."""
    seconds: float = 8.0
    """How long each number of callers asks, after a second of warming up."""
    rounds: int = 2
    """Measurements of each number of callers; they take turns, and answers are pooled."""
    soak: int = 0
    """Requests of the soak, which shows whether memory grows; 0 leaves it out."""


@dataclass
class Answers:
    """What callers got.

    Attributes:
        times: seconds of each answer with status 200 after the warming up.
        refused: answers that said "too many" (429).
        errors: everything else, by status or name of the exception.
    """

    times: list[float] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, more: "Answers") -> None:
        """Take in what others got."""
        self.times += more.times
        self.refused += more.refused
        self.errors += more.errors


def main() -> None:
    """Measure and print; exit with 1 if a caller met an error."""
    config = parse(BenchmarkConfig)
    reviews = read_reviews()
    forget_files(config.model, config.deployment, Path(sysconfig.get_paths()["purelib"]))
    with running(config.model, config.deployment) as space:
        print_start("cold", space)
    errors: list[str] = []
    with running(config.model, config.deployment) as space:
        print_start("warm", space)
        answers: dict[int, Answers] = {callers: Answers() for callers in config.callers}
        for _, callers in itertools.product(range(config.rounds), config.callers):
            answers[callers].add(load(space, reviews, callers, config.seconds))
        if config.callers:
            print_table(answers, config.rounds * config.seconds)
            print(f"\nmemory {space.memory_mb:.0f} MB after it")
        if config.soak:
            errors += soak(space, reviews, config.soak)
    errors += [error for one in answers.values() for error in one.errors]
    if errors:
        sys.exit(f"{len(errors)} errors: {', '.join(sorted(set(errors)))}")


def print_start(name: str, space: Space) -> None:
    """Print when which part of the Space was there, and the memory of all of it."""
    print(f"{name} start: first answer after {space.wait_for_answer('any'):.2f} s", end="")
    print(f", the model's own after {space.wait_for_answer('modern'):.2f} s", end="")
    print(f", the page after {space.wait_for_page():.2f} s; {space.memory_mb:.0f} MB", flush=True)


def print_table(answers: dict[int, Answers], seconds: float) -> None:
    """Print what each number of callers got."""
    print("\n| callers | reviews/s | median, ms | p95, ms | worst, ms | 429 | errors |")
    print("|---|---|---|---|---|---|---|")
    for callers, got in answers.items():
        times = got.times if len(got.times) > 1 else [float("nan")] * 2
        cells = (statistics.median(times), statistics.quantiles(times, n=20)[-1], max(times))
        shown = " | ".join(f"{1000 * s:.0f}" for s in cells)
        rate = len(got.times) / seconds
        print(f"| {callers} | {rate:.1f} | {shown} | {got.refused} | {len(got.errors)} |")


def load(space: Space, reviews: list[str], callers: int, seconds: float) -> Answers:
    """Let callers ask for a while; give what they got after the warming up."""
    begun = time.perf_counter()

    def is_over(_: int) -> bool:
        return time.perf_counter() - begun > WARM_UP_S + seconds

    return call_all(space, reviews, callers, is_over, begun + WARM_UP_S)


def soak(space: Space, reviews: list[str], requests: int) -> list[str]:
    """Ask many times, and print how much memory has grown since the warming up; give errors."""
    errors: list[str] = []
    memory_mb = []
    begun = time.perf_counter()
    for count in (WARM_UP_REQUESTS, requests):
        each = math.ceil(count / SOAKING_CALLERS)
        got = call_all(space, reviews, SOAKING_CALLERS, lambda number, each=each: number >= each)
        errors += got.errors
        memory_mb.append(space.memory_mb)
    before, after = memory_mb
    print(
        f"\nsoak: {requests:,} requests in {time.perf_counter() - begun:.0f} s; memory "
        f"{before:.0f} MB after {WARM_UP_REQUESTS} to warm up, {after:.0f} MB at the end "
        f"({100 * (after - before) / before:+.1f}%); {len(errors)} errors"
    )
    return errors


def call_all(
    space: Space,
    reviews: list[str],
    callers: int,
    is_over: Callable[[int], bool],
    since: float = 0.0,
) -> Answers:
    """Let callers ask until it is over for the number of their requests; count from `since` on."""
    next_review = itertools.cycle(reviews)
    got = Answers()

    def call(caller: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", space.port, timeout=60)
        for number in itertools.count():
            asked = time.perf_counter()
            if is_over(number):
                return
            address = f"10.{caller}.{number // 250 % 250}.{number % 250}"
            try:
                status, _ = ask(connection, next(next_review), address)
            except (OSError, http.client.HTTPException) as error:
                got.errors.append(type(error).__name__)
                connection.close()
                time.sleep(0.1)
                continue
            if status == 429:
                got.refused += 1
            elif status != 200:
                got.errors.append(str(status))
            elif asked > since:
                got.times.append(time.perf_counter() - asked)

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


if __name__ == "__main__":
    run(main)
