"""What the tests of publishing share: a project to publish from, and the way to the test Hub."""

import itertools
import json
import shutil
from pathlib import Path

import pytest

from reeltalk.config import HubAccess, PublishConfig
from reeltalk.hub import connection as connection_module
from reeltalk.model_folder import sha256_of
from tests.conftest import REPOSITORY

ALICE = "hf_test_write_alice"
SPACE_CARD = """---
title: Reel
emoji: 🎞️
colorFrom: indigo
colorTo: green
sdk: gradio
sdk_version: 6.31.0
app_file: app.py
license: apache-2.0
short_description: Film reviews, read to the end
---

# A Space
"""


class Clock:
    """Stands for the module `time`: every pause is over at once, and is remembered."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds):
        self.now += seconds
        self.pauses.append(seconds)

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """No pause takes time, neither ours nor those of the Hub's client."""
    from huggingface_hub.utils import _http

    from reeltalk import terminal
    from reeltalk.hub import live_check, space

    clock = Clock()
    for module in (_http, connection_module, live_check, space, terminal):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def alice(monkeypatch):
    """Alice's token, which may write."""
    monkeypatch.setenv("HF_TOKEN", ALICE)
    return ALICE


@pytest.fixture
def project(tmp_path, tiny_model, tiny_modern, monkeypatch):
    """A folder to publish from, the current one: two models, the slang set, a small Space."""
    shutil.copytree(tiny_model, tmp_path / "models" / "standard")
    shutil.copytree(tiny_modern, tmp_path / "models" / "modern")
    shutil.copytree(REPOSITORY / "data" / "slang_parts", tmp_path / "data" / "slang_parts")
    for name in ("README.md", "slang_terms.csv", "edge_cases.csv"):
        shutil.copy(REPOSITORY / "data" / name, tmp_path / "data")
    # A hundredth of the real set, said to be what was learnt: sweeps upload it hundreds of times.
    slang = tmp_path / "data" / "slang.csv"
    with (REPOSITORY / "data" / "slang.csv").open(encoding="utf-8") as rows:
        slang.write_text("".join(itertools.islice(rows, 178)), encoding="utf-8")
    space = tmp_path / "deployment"
    space.mkdir()
    (space / "README.md").write_text(SPACE_CARD, encoding="utf-8")
    (space / "app.py").write_text("import gradio\n")
    (space / "requirements.txt").write_text("numpy==2.0.0\n")
    monkeypatch.chdir(tmp_path)
    change_run("modern", slang={"source": "data/slang.csv", "sha256": sha256_of(slang)})
    return tmp_path


def change_card(stage):
    """Have a model's card say something else: as after another training of the same weights."""
    run = json.loads(Path("models", stage, "run.json").read_text())
    change_run(stage, wall_seconds=run["wall_seconds"] + 600)


def change_run(stage, **values):
    """Have a model's run.json say something else."""
    run_file = Path("models", stage, "run.json")
    run_file.write_text(json.dumps(json.loads(run_file.read_text()) | values))


def everything(**flags):
    """The flags of `make publish` that does not wait for the Space, which no one builds here."""
    names = ("public", "dry_run", "namespace", "timeout_s")
    access = {name: flags.pop(name) for name in names if name in flags}
    limits = {"timeout_s": 5.0, "patience_s": 300.0}
    return PublishConfig("all", **{"no_wait": True, "access": HubAccess(**limits | access)} | flags)


def state_of(hub):
    """What the Hub holds: files by repo, apart from how many commits it took."""
    return {
        repo_id: {file.path: file.oid for file in repo.files(repo.sha)}
        for (_, repo_id), repo in hub.repos.items()
    }


@pytest.fixture(autouse=True)
def usual_client():
    """The client is as it was: publishing gives it time limits, and takes the waiting over."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import _http

    yield
    set_client_factory(_http.default_client_factory)
