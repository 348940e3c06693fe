"""From the Hub's names to a Space that answers, over HTTP, through the real clients and scripts."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import REPOSITORY, run_script
from tests.hub.seeds import seed
from tests.hub.space_host import SpaceHost
from tests.publishing.conftest import ALICE

READ_BACK = """
import json, sys
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

repo, text = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(repo)
model = AutoModelForSequenceClassification.from_pretrained(repo).eval()
with torch.no_grad():
    logits = model(**tokenizer([text], return_tensors="pt")).logits[0].tolist()
(answer,) = pipeline("text-classification", model=repo)(text)
print(json.dumps({"logits": logits, "answer": answer}))
"""
TEXT = "The acting is wonderful and the story a joy 🔥🔥, no notes."


def read_back(name, **environment):
    """What another program of another user makes of a model: its logits, and the pipeline's."""
    done = subprocess.run(
        [sys.executable, "-c", READ_BACK, str(name), TEXT],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def publish(folder, **environment):
    return run_script(
        "-m",
        "reeltalk",
        "publish",
        "all",
        cwd=folder,
        timeout_s=600,
        HF_TOKEN=ALICE,
        SPACE_TOKEN="hf_test_read_alice",
        **environment,
    )


def copy_of_the_project(folder):
    """The project's sources, as a clone has them."""
    folder.mkdir()
    for name in ("train_model.py", "augment_slang.py", "upload_model.py", "upload_space.py"):
        shutil.copy(REPOSITORY / name, folder)
    for name in ("data", "deployment"):
        ignored = shutil.ignore_patterns("__pycache__", "feedback")
        shutil.copytree(REPOSITORY / name, folder / name, ignore=ignored)
    return folder


def test_the_published_space_starts_from_its_own_repo_and_answers(
    hub, tmp_path, tiny_model, tiny_modern
):
    folder = copy_of_the_project(tmp_path / "project")
    shutil.copytree(tiny_model, folder / "models" / "standard")
    shutil.copytree(tiny_modern, folder / "models" / "modern")
    host = SpaceHost(hub, "alice/reeltalk", tmp_path, own_environment=False)
    host.keep_up()
    try:
        done = publish(folder)
    finally:
        host.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "edge cases as models/modern does" in done.stdout
    assert "hf_test" not in done.stdout + done.stderr


@pytest.mark.slow
def test_from_the_hub_s_names_to_a_space_in_an_environment_of_its_own(hub, tmp_path):
    """Train on the Hub's IMDb with the Hub's DistilBERT (tiny ones), publish, read back, ask."""
    seed(hub, tmp_path / "seeds")
    folder = copy_of_the_project(tmp_path / "project")
    fresh = {"HF_HOME": str(tmp_path / "hf"), "HOME": str(tmp_path)}
    for command in (
        ["train_model.py", "--epochs", "2", "--learning-rate", "3e-3", "--max-tokens", "32"],
        ["augment_slang.py", "--slang-rows", "240", "--epochs", "1", "--max-drop", "100"],
    ):
        done = run_script(*command, cwd=folder, timeout_s=600, **fresh)
        assert done.returncode == 0, done.stdout + done.stderr
    run = json.loads((folder / "models" / "standard" / "run.json").read_text())
    assert run["reviews"]["source"] == "stanfordnlp/imdb"
    assert run["base"]["name"] == "distilbert/distilbert-base-uncased"
    host = SpaceHost(hub, "alice/reeltalk", tmp_path, own_environment=True)
    host.keep_up()
    try:
        done = publish(folder, **fresh)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "edge cases as models/modern does" in done.stdout
        again = publish(folder, **fresh)
        assert again.stdout.count("nothing to change, no commit") == 4, again.stdout + again.stderr
    finally:
        host.stop()
    assert "hf_test" not in done.stdout + done.stderr
    for stage in ("standard", "modern"):
        empty = {"HF_HOME": str(tmp_path / f"empty-{stage}"), "HF_TOKEN": ALICE}
        theirs = read_back(f"alice/reeltalk-{stage}", **empty)
        ours = read_back(folder / "models" / stage)
        assert np.allclose(theirs["logits"], ours["logits"], atol=1e-6)
        assert theirs["answer"] == ours["answer"]
    card = hub.repos["models", "alice/reeltalk-standard"]
    assert "stanfordnlp/imdb" in card.text(card.sha, "README.md")


JS = """
import { env } from "@huggingface/transformers";
env.remoteHost = process.env.HF_ENDPOINT + "/";
env.cacheDir = "./cache/";
"""


@pytest.mark.slow
def test_the_card_s_transformers_js_program_runs(hub, project, clock, tmp_path, monkeypatch):
    """In Node, with the package from npm; it needs `node` and `npm` (Debian: nodejs npm)."""
    from reeltalk.config import HubAccess, UploadModelConfig
    from reeltalk.hub import publish_models
    from tests.publishing.test_model_card import REVIEW, blocks

    assert shutil.which("npm"), "install node and npm"
    monkeypatch.setenv("HF_TOKEN", ALICE)
    publish_models(UploadModelConfig(access=HubAccess(public=True)))
    repo = hub.repos["models", "alice/reeltalk-modern"]
    (program,) = blocks(repo.text(repo.sha, "README.md"), "js")
    place = tmp_path / "node"
    place.mkdir()
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*install, "@huggingface/transformers@4"], cwd=place, check=True)
    (place / "program.mjs").write_text(JS + program)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "HF_ENDPOINT")}
    done = subprocess.run(
        ["node", "program.mjs"],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    from reeltalk_inference import Predictor

    verdict = Predictor.from_folder(Path("models/modern")).predict([REVIEW])[0]
    assert verdict.label in done.stdout
