"""What the tests of the Hub share: the real client for each account."""

import subprocess

import pytest


@pytest.fixture
def alice(hub):
    """The client with a write token."""
    return client(hub, "hf_test_write_alice")


@pytest.fixture
def fast_retries(monkeypatch):
    """The client's waits between retries take no time."""
    from huggingface_hub.utils import _http

    class Clock:
        sleep = staticmethod(lambda seconds: None)

    monkeypatch.setattr(_http, "time", Clock)


def client(hub, token):
    """The real client with a token, or with none."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=hub.url, token=token)


def git(*arguments, cwd=None) -> str:
    """Run the git program; give what it says."""
    command = ["git", "-c", "credential.helper=", *map(str, arguments)]
    environment = {"GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
