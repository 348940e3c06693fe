"""The benchmark's side of an engine's process: start it, ask it, end it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environments import OWN
from bench.peers import Variant

BENCHMARKS = Path(__file__).resolve().parent.parent


class EngineFailedError(Exception):
    """An engine that cannot be measured here; the message is what the tables say of it."""


@dataclass(frozen=True)
class Engine:
    """One row of the tables: a variant of an engine, and the Python that has its packages."""

    name: str
    file: str
    variant: Variant
    environment: str
    python: Path


class EngineProcess:
    """An engine, loaded in a process of its own."""

    def __init__(self, engine: Engine, folder: Path, made: Path, threads: int) -> None:
        """Start it and wait until it is loaded.

        Raises:
            EngineFailedError: if it cannot be imported or loaded.
        """
        self._errors = tempfile.TemporaryFile(mode="w+", encoding="utf-8")
        self._process = subprocess.Popen(
            worker_command(engine.python, "serve", engine.file, engine.name, folder, made, threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment_of(engine.environment, threads),
        )
        try:
            self.opened = self._read()
        except EngineFailedError:
            self.close()
            raise

    def score(self, texts: Sequence[str]) -> tuple[float, list[float]]:
        """Score reviews in one call; give its seconds and each review's probability."""
        answer = self._ask({"score": list(texts)})
        return answer["seconds"], answer["positive"]

    def time_each(self, texts: Sequence[str]) -> list[float]:
        """Score reviews one call each; give the seconds of each call."""
        return self._ask({"each": list(texts)})["seconds"]

    def peak_mb(self) -> float | None:
        """Give the most memory it has held so far."""
        return self._ask({"memory": True})["peak_mb"]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died; reading says of what
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            said = self._errors.read().strip().splitlines()
            raise EngineFailedError(f"its process ended: {said[-1] if said else 'no reason'}")
        answer = json.loads(line)
        if "failed" in answer:
            raise EngineFailedError(answer["failed"])
        return answer


def make_files(engine: Engine, folder: Path, made: Path, texts: Sequence[str]) -> None:
    """Let an engine write the format it reads.

    Raises:
        EngineFailedError: if it cannot.
    """
    ran = subprocess.run(
        worker_command(engine.python, "make", engine.file, folder, made),
        input=json.dumps(list(texts)),
        env=environment_of(engine.environment, None),
        capture_output=True,
        text=True,
        check=False,
    )
    answer = json.loads(ran.stdout or '{"failed": "its process ended without an answer"}')
    if "failed" in answer:
        raise EngineFailedError(answer["failed"])


def run_module(module: str, *arguments: object) -> str:
    """Run one of the rooms in a process of its own, with the project's packages; give its output.

    Raises:
        CalledProcessError: if it fails; what it said stands on standard error.
    """
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=environment_of(OWN, None),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def worker_command(python: Path, *arguments: object) -> list[str]:
    """Give the command line of a worker."""
    return [str(python), "-m", "bench.worker", *map(str, arguments)]


def environment_of(name: str, threads: int | None) -> dict[str, str]:
    """Give a worker's environment variables; peers see nothing of the project but the workers."""
    paths = [str(BENCHMARKS)]
    if name == OWN and "PYTHONPATH" in os.environ:
        paths.append(os.environ["PYTHONPATH"])
    limits = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
    settings = {"PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"}
    return os.environ | limits | settings | {"TOKENIZERS_PARALLELISM": "true"}
