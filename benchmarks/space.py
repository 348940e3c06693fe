"""How fast the Space starts and answers one, eight and fifty callers, and what memory it takes.

    python benchmarks/space.py models/modern

Callers ask POST /v1/predict for one review of data/reviews.csv after the other, each over a
connection of its own and from addresses of its own, so that no rate limit answers for the model.
"""

import csv
import http.client
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional

REPOSITORY = Path(__file__).resolve().parent.parent
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure the Space on one model folder."""

    model: Positional[Path] = Path("models/modern")
    """Model folder."""
    deployment: Path = REPOSITORY / "deployment"
    """The app's folder; that of another checkout, to compare."""
    callers: tuple[int, ...] = (1, 8, 50)
    """How many ask at once."""
    seconds: float = 8.0
    """How long each number of callers asks, after a second of warming up."""
    rounds: int = 2
    """Measurements of each number of callers; they take turns, and answers are pooled."""


class Space:
    """The app in a process of its own."""

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        """Talk to a process that serves, or will serve, a port of 127.0.0.1."""
        self.port = port
        self._process = psutil.Process(process.pid)

    @property
    def memory_mb(self) -> float:
        """Give the resident memory."""
        return self._process.memory_info().rss / 1e6

    def wait_for(self, level: str) -> float:
        """Wait until a model of this level, or any model, answers; give the seconds it took."""
        begun = time.perf_counter()
        while time.perf_counter() - begun < 120:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                status, answer = ask(connection, ["A quiet, generous film."], "10.0.0.1")
                connection.close()
            except OSError:
                status, answer = 0, {}
            if status == 200 and level in (answer["level"], "any"):
                return time.perf_counter() - begun
            time.sleep(0.02)
        raise TimeoutError(f"no {level} model answered within two minutes")


def main() -> None:
    """Measure and print two tables."""
    config = parse(BenchmarkConfig)
    with (REPOSITORY / "data" / "reviews.csv").open(encoding="utf-8", newline="") as file:
        reviews = [row["text"] for row in csv.DictReader(file)]
    random.Random(0).shuffle(reviews)
    with running(config) as space:
        first_s = space.wait_for("any")
        print(f"first answer after {first_s:.2f} s", flush=True)
        print(f"the model's own after {first_s + space.wait_for('modern'):.2f} s", flush=True)
        time.sleep(8)  # gradio is still being imported
        print(f"memory {space.memory_mb:.0f} MB before the load", flush=True)
        times: dict[int, list[float]] = {callers: [] for callers in config.callers}
        for _, callers in itertools.product(range(config.rounds), config.callers):
            times[callers] += load(space, reviews, callers, config.seconds)
        print_table(times, config.rounds * config.seconds)
        print(f"\nmemory {space.memory_mb:.0f} MB after it")


def print_table(times: dict[int, list[float]], seconds: float) -> None:
    """Print what each number of callers got."""
    print("\n| callers | reviews/s | median, ms | p95, ms | worst, ms |\n|---|---|---|---|---|")
    for callers, taken in times.items():
        cells = (statistics.median(taken), statistics.quantiles(taken, n=20)[-1], max(taken))
        rate = len(taken) / seconds
        print(f"| {callers} | {rate:.1f} | " + " | ".join(f"{1000 * s:.0f}" for s in cells) + " |")


@contextmanager
def running(config: BenchmarkConfig) -> Iterator[Space]:
    """Run the app without a Hub, behind what looks like a Space's proxy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "MODERN_MODEL": str(config.model.resolve()),
            "PUBLIC_MODEL": "",
            "HF_ENDPOINT": NOWHERE,
            "HF_HOME": folder,
            "FEEDBACK_DIR": folder,
            "PORT": str(port),
            "SPACE_ID": "someone/reeltalk",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "PYTHONPATH": "",
        }
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=config.deployment,
            env=os.environ | settings,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Space(process, port)
        finally:
            process.terminate()
            process.wait(30)


def load(space: Space, reviews: list[str], callers: int, seconds: float) -> list[float]:
    """Let callers ask for a while; give the seconds of each answer."""
    times: list[float] = []
    next_review = itertools.cycle(reviews)
    begun = time.perf_counter()

    def call(caller: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", space.port, timeout=60)
        for number in itertools.count():
            asked = time.perf_counter()
            if asked - begun > 1 + seconds:
                return
            address = f"10.{caller}.{number // 250}.{number % 250}"
            status, _ = ask(connection, [next(next_review)], address)
            if status != 200:
                raise RuntimeError(f"the Space answered {status}")
            if asked - begun > 1:
                times.append(time.perf_counter() - asked)

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def ask(connection: http.client.HTTPConnection, texts: list[str], address: str) -> tuple[int, dict]:
    """Ask for verdicts as a client of this address; give the status and the answer."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    connection.request("POST", "/v1/predict", json.dumps({"texts": texts}), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


if __name__ == "__main__":
    run(main)
