import os
import sys

import pytest

from reeltalk import allocator


@pytest.fixture
def restarts(monkeypatch):
    """The restarts that were asked for, none of which happens."""
    calls = []
    monkeypatch.setattr(os, "execv", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    return calls


def test_tcmalloc_is_loaded_before_the_same_command(restarts, monkeypatch):
    monkeypatch.setattr(allocator, "glob", lambda pattern: ["/usr/lib/libtcmalloc_minimal.so.4"])
    monkeypatch.setattr(sys, "orig_argv", ["python", "-X", "dev", "train_model.py", "--resume"])
    allocator.preload_allocator()
    command = [sys.executable, "-X", "dev", "train_model.py", "--resume"]
    assert restarts == [(sys.executable, command)]
    assert os.environ["LD_PRELOAD"] == "/usr/lib/libtcmalloc_minimal.so.4"
    allocator.preload_allocator()
    assert len(restarts) == 1


def test_without_it_nothing_happens(restarts, monkeypatch):
    monkeypatch.setattr(allocator, "glob", lambda pattern: [])
    allocator.preload_allocator()
    assert restarts == []
