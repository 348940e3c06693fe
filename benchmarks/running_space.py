"""The Space in a process of its own, and the reviews it is asked: what the benchmarks share."""

import csv
import http.client
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from reeltalk_inference.tokens import ReviewTokenizer

REPOSITORY = Path(__file__).resolve().parent.parent
AVERAGE_REVIEW_TOKENS = 230
"""Of a review of IMDb."""

_NOWHERE = "http://127.0.0.1:9"


class Space:
    """The app in a process of its own."""

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        """Talk to a process that serves, or will serve, a port of 127.0.0.1."""
        self.port = port
        self._process = psutil.Process(process.pid)
        self._begun = time.perf_counter()

    @property
    def memory_mb(self) -> float:
        """Give the resident memory."""
        return self._process.memory_info().rss / 1e6

    def wait_for_answer(self, level: str) -> float:
        """Wait until a model of this level, or any model, answers; give seconds since the start."""

        def is_there(connection: http.client.HTTPConnection) -> bool:
            status, answer = ask(connection, "A quiet, generous film.", "10.0.0.1")
            return status == 200 and level in (answer["level"], "any")

        return self._wait_for(is_there)

    def wait_for_page(self) -> float:
        """Wait until the page itself is served; give seconds since the start."""

        def is_there(connection: http.client.HTTPConnection) -> bool:
            connection.request("GET", "/")
            return b"gradio" in connection.getresponse().read()

        return self._wait_for(is_there)

    def _wait_for(self, is_there: Callable[[http.client.HTTPConnection], bool]) -> float:
        while time.perf_counter() - self._begun < 300:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                if is_there(connection):
                    return time.perf_counter() - self._begun
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.02)
        raise TimeoutError("the Space did not come up within five minutes")


def read_reviews() -> list[str]:
    """Read the bundled reviews, in an order that is always the same and says nothing."""
    with (REPOSITORY / "data" / "reviews.csv").open(encoding="utf-8", newline="") as file:
        reviews = [row["text"] for row in csv.DictReader(file)]
    random.Random(0).shuffle(reviews)
    return reviews


def average_reviews(model: Path, reviews: list[str], count: int) -> list[str]:
    """Join bundled reviews into texts as long as a review of IMDb, by the model's own tokens."""
    tokenizer = ReviewTokenizer.from_file(model / "tokenizer.json")
    texts: list[str] = []
    words: list[str] = []
    for word in itertools.chain.from_iterable(review.split() for review in reviews):
        words.append(word)
        if len(tokenizer.encode([" ".join(words)])[0]) >= AVERAGE_REVIEW_TOKENS:
            texts.append(" ".join(words))
            words = []
        if len(texts) == count:
            return texts
    raise ValueError(f"data/reviews.csv makes {len(texts)} such texts, not {count}")


def forget_files(*folders: Path) -> None:
    """Have the system drop files from its memory, so that the next start reads the disk.

    What another process has open as a library stays; elsewhere than on Linux all of it does.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    for file in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def running(model: Path, deployment: Path) -> Iterator[Space]:
    """Run the app without a Hub, behind what looks like a Space's proxy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "MODERN_MODEL": str(model.resolve()),
            "PUBLIC_MODEL": "",
            "HF_ENDPOINT": _NOWHERE,
            "HF_HOME": folder,
            "FEEDBACK_DIR": folder,
            "GRADIO_TEMP_DIR": folder,
            "PORT": str(port),
            "SPACE_ID": "someone/reeltalk",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "PYTHONPATH": "",
        }
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=deployment,
            env=os.environ | settings,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Space(process, port)
        finally:
            process.terminate()
            process.wait(30)


def ask(connection: http.client.HTTPConnection, text: str, address: str) -> tuple[int, dict]:
    """Ask for a verdict as a client of this address; give the status and the answer."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    connection.request("POST", "/v1/predict", json.dumps({"texts": [text]}), headers)
    answer = connection.getresponse()
    body = answer.read()
    return answer.status, json.loads(body) if answer.status == 200 else {}
