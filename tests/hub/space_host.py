"""Does for a Space what the Hub does: takes a snapshot of its repo, installs, starts it."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
from huggingface_hub import snapshot_download

WAIT_S = 300
_KEPT = {"PATH", "HOME", "LANG", "PIP_FIND_LINKS", "PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE"}


class SpaceHost:
    """Runs a Space of the test Hub; its variables and secrets become the app's environment.

    Attributes:
        own_environment: install its requirements into a new environment; else take this one's.
    """

    def __init__(self, hub, repo_id: str, folder: Path, own_environment: bool) -> None:
        """Have the Space stay at BUILDING until `start` has it running."""
        self.own_environment = own_environment
        self.process: subprocess.Popen | None = None
        self._stopped = threading.Event()
        self._hub, self._repo_id, self._folder = hub, repo_id, folder
        self.space = hub.space(repo_id)
        self.space.stages = ["BUILDING"]

    def keep_up(self) -> None:
        """In a thread, start the Space when it is published, and anew when it has changed."""
        threading.Thread(target=self._keep_up, daemon=True).start()

    def stop(self) -> None:
        """End the app."""
        self._stopped.set()
        self._end_app()

    def _keep_up(self) -> None:
        runs: tuple[str, ...] | None = None
        while not self._stopped.wait(0.1):
            wanted = self._published()
            if wanted is None or wanted == runs:
                continue
            self.space.stages = ["BUILDING"]
            self._end_app()
            try:
                self._start()
                self.space.stages = ["APP_STARTING", "RUNNING"]
            except (OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
                self.space.build_log = [f"{type(error).__name__}: {error}"]
                self.space.stages = ["BUILD_ERROR"]
            runs = wanted

    def _published(self) -> tuple[str, ...] | None:
        """What the app is started from: the commit and the settings, between two requests."""
        with self._hub.lock:
            repo = self._hub.repos.get(("spaces", self._repo_id))
            if repo is None or not repo.text(repo.sha, "app.py"):
                return None
            entries = [*self.space.variables.values(), *self.space.secrets.values()]
            return (repo.sha, *sorted(f"{entry['key']}={entry['value']}" for entry in entries))

    def _end_app(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def _start(self) -> None:
        snapshot = snapshot_download(
            self._repo_id,
            repo_type="space",
            local_dir=self._folder / "app",
            token="hf_test_write_alice",
            endpoint=self._hub.url,
        )
        python = self._install(Path(snapshot)) if self.own_environment else Path(sys.executable)
        port = free_port()
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment |= {
            "HF_ENDPOINT": self._hub.url,
            "HF_HOME": str(self._folder / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "PUBLIC_MODEL": "",
        }
        for entry in [*self.space.variables.values(), *self.space.secrets.values()]:
            environment[entry["key"]] = entry["value"]
        log = (self._folder / "app.log").open("wb")
        self.process = subprocess.Popen(
            [python, "app.py"], cwd=snapshot, env=environment, stdout=log, stderr=log
        )
        self.space.host = f"http://127.0.0.1:{port}"
        self._wait_until_up(self._folder / "app.log")

    def _install(self, snapshot: Path) -> Path:
        """Install what the Hub would: gradio of sdk_version, then requirements.txt."""
        environment = self._folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        python = environment / "bin" / "python"
        card = (snapshot / "README.md").read_text(encoding="utf-8")
        version = next(line.split()[1] for line in card.splitlines() if "sdk_version:" in line)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", f"gradio=={version}", "-r", "requirements.txt"],
            cwd=snapshot,
            check=True,
        )
        return python

    def _wait_until_up(self, log: Path) -> None:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the app ended: {log.read_text()[-2000:]}")
            try:
                httpx2.get(f"{self.space.host}/healthz").raise_for_status()
                return
            except httpx2.HTTPError:
                time.sleep(0.2)
        raise TimeoutError(log.read_text()[-2000:])


def free_port() -> int:
    """Find a port that nothing listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
