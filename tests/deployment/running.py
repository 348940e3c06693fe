"""Starts a copy of deployment/ as the Hub does: its own process, its own folder, nothing else."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.conftest import REPOSITORY

LONGEST_START_S = 120


class RunningSpace:
    """A Space on a free port of 127.0.0.1, stopped at the end of a `with` block."""

    def __init__(self, folder: Path, **settings: str) -> None:
        ignored = shutil.ignore_patterns("__pycache__", "feedback")
        shutil.copytree(REPOSITORY / "deployment", folder / "space", ignore=ignored)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.feedback = folder / "kept"
        self._log = folder / "log.txt"
        self._folder = folder
        self._settings = settings

    def __enter__(self) -> "RunningSpace":
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("MODERN_MODEL", "STANDARD_MODEL", "PYTHONSTARTUP")
        }
        kept["PYTHONPATH"] = os.pathsep.join(
            path for path in sys.path if path.endswith("site-packages")
        )
        settings = {
            "HF_HOME": str(self._folder / "hf"),
            "PORT": str(self.port),
            "FEEDBACK_DIR": str(self.feedback),
            "GRADIO_TEMP_DIR": str(self._folder / "gradio"),
            "GRADIO_ANALYTICS_ENABLED": "False",
        }
        self.started = time.monotonic()
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=self._folder / "space",
                env=kept | settings | self._settings,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def wait_for(self, is_so) -> float:
        """Wait until something is so; give the seconds since the start."""
        while time.monotonic() - self.started < LONGEST_START_S:
            try:
                if is_so():
                    return time.monotonic() - self.started
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert self.process.poll() is None, self._log.read_text()
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    def log(self) -> str:
        return self._log.read_text()

    def wait_for_page(self) -> float:
        return self.wait_for(lambda: b"gradio" in self.fetch("/"))

    def fetch(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read()

    def get(self, path: str):
        return json.loads(self.fetch(path))

    def post(self, path: str, body, **more_headers: str) -> tuple[int, dict]:
        """Give the status and the JSON of the answer, whatever the status is."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | more_headers
        request = urllib.request.Request(self.url + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
