"""What the tests of the Hub share: the real client for each account."""

import os
import subprocess

import pytest


@pytest.fixture
def alice(hub):
    """The client with a write token."""
    return client(hub, "hf_test_write_alice")


def client(hub, token):
    """The real client with a token, or with none."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=hub.url, token=token)


def git(*arguments, cwd=None) -> str:
    """Run the git program; give what it says."""
    command = ["git", *map(str, arguments)]
    # Nobody's own settings, passwords or proxies.
    environment = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "no_proxy": "127.0.0.1",
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
