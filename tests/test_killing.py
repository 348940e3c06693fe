"""A kill at any moment leaves the old model or the new one, whole; and the run can go on."""

import json
import multiprocessing
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from reeltalk_inference import Predictor

from reeltalk.config import Output
from reeltalk.model_folder import sha256_of
from tests.conftest import REPOSITORY, tiny_config

# A server that has imported everything once: each process that is killed starts in no time.
FORKING = multiprocessing.get_context("forkserver")


def train(config):
    from reeltalk.stages import train_standard

    train_standard(config)


@pytest.fixture(scope="module", autouse=True)
def _preload():
    FORKING.set_forkserver_preload(["reeltalk.stages", "tests.conftest"])


def is_whole(folder):
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["weights_sha256"] == sha256_of(folder / "model.safetensors")
    for file, digest in metrics["onnx_sha256"].items():
        assert sha256_of(folder / file) == digest
    assert Predictor.from_folder(folder).predict(["great"])[0].label
    return metrics["weights_sha256"]


def kill_when(config, parent, pattern, delay_s):
    """Run the training in a process of its own; kill it some time after a file has appeared.

    Gives its exit code: minus SIGKILL, or 0 if it was done before.
    """
    process = FORKING.Process(target=train, args=(config,))
    process.start()
    while process.is_alive() and not any(parent.glob(pattern)):
        time.sleep(0.002)
    time.sleep(delay_s)
    process.kill()
    process.join()
    return process.exitcode


@pytest.fixture(scope="module")
def old_model(tiny_base, easy_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("old") / "standard"
    train(tiny_config(tiny_base, easy_file, folder, epochs=1))
    return folder


@pytest.mark.parametrize(
    ("pattern", "delay_s", "goes_on"),
    [
        ("standard.unfinished/plan.json", 0.0, False),
        ("standard.unfinished/checkpoint-*", 0.0, True),
        (".standard-new-*/config.json", 0.0, False),
        (".standard-new-*/onnx/model.onnx", 0.0, True),
        (".standard-new-*/metrics.json", 0.0, False),
        (".standard-new-*/run.json", 0.0, True),
        (".standard-new-*/run.json", 0.01, False),
    ],
)
def test_a_kill_leaves_the_old_model_or_the_new_one(
    tiny_base, easy_file, tiny_model, old_model, tmp_path, pattern, delay_s, goes_on
):
    place = tmp_path / "standard"
    shutil.copytree(old_model, place)
    config = tiny_config(tiny_base, easy_file, place)
    ended = kill_when(config, tmp_path, pattern, delay_s)
    assert ended == -signal.SIGKILL or delay_s > 0
    old, new = is_whole(old_model), is_whole(tiny_model)
    assert old != new
    assert is_whole(place) in (old, new)
    if not goes_on:
        return
    train(replace(config, output=Output(place, resume=True)))
    assert is_whole(place) == is_whole(tiny_model)
    assert [path.name for path in tmp_path.iterdir()] == ["standard"]


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_checkpoint_and_the_command_that_resumes(
    tiny_base, easy_file, tmp_path, signal_sent
):
    flags = ["--dataset", easy_file, "--base", tiny_base, "--epochs", "30", "--patience", "30"]
    flags += ["--max-tokens", "32", "--precision", "fp32", "--output-dir", tmp_path / "standard"]
    command = [sys.executable, "train_model.py", *map(str, flags)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    while not list(tmp_path.glob("standard.unfinished/checkpoint-*")):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal_sent)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "stopping: finishing this step and saving" in said
    assert "Traceback" not in said
    last_line = said.strip().splitlines()[-1]
    assert re.search(r"stopped at step \d+ of \d+; .*standard is as it was", last_line)
    resume = shlex.split(last_line.partition("Continue with: ")[2])
    assert resume[-1] == "--resume"
    refused = subprocess.run(resume[:-1], cwd=REPOSITORY, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "continue it with --resume or discard it with --restart" in refused.stderr
    if signal_sent == signal.SIGINT:
        subprocess.run(resume, cwd=REPOSITORY, check=True, capture_output=True)
        is_whole(tmp_path / "standard")
