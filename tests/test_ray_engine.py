"""The engine `ray`: the bytes of the single process, on a small cluster of this machine."""

import contextlib
import importlib.util
import os
import pickle
import signal
import subprocess
import sys
import time

import psutil
import pytest

from reeltalk.config import PredictConfig
from reeltalk.errors import ReelTalkError
from reeltalk.prediction import predict
from reeltalk.prediction.cluster import _write
from reeltalk.prediction.inputs import Job
from reeltalk.prediction.parts import Parts
from reeltalk.prediction.progress import Progress
from reeltalk.prediction.verdict_rows import VERDICT_COLUMNS
from reeltalk.tables import write_rows
from tests.conftest import NO_HUB, REPOSITORY
from tests.test_many_files import outputs, score, write
from tests.tiny import easy_reviews

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="Ray is not installed: pip install -e '.[ray]'")

NOWHERE = NO_HUB.removeprefix("http://")


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two cores, which the tests of this module connect to one after the other."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    arguments = {"num_cpus": 2, "object_store_memory": 128 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=arguments)
    yield cluster.address
    cluster.shutdown()


@needs_ray
def test_many_files_on_a_cluster_are_those_of_one_process(tiny_model, tmp_path, cluster, capsys):
    """Good files, bad ones, a folder and every format; then a second run, which skips them."""
    folder = tmp_path / "in"
    for number, suffix in enumerate((".csv", ".tsv", ".jsonl", ".parquet")):
        write(folder / f"{number}{suffix}", rows=1500, first=1500 * number)
    write(folder / "more" / "0.csv", rows=3)
    write_rows(folder / "b.csv", [{"review": "fine"}], ["review"])
    (folder / "c.parquet").write_bytes(b"PAR1 not really")
    (folder / "d.jsonl").write_text('{"text": "fine"}\n{"text": 5}\n')
    for out, flags in (("one", {}), ("ray", {"engine": "ray", "ray_address": cluster})):
        with pytest.raises(SystemExit) as end:
            score(tiny_model, tmp_path / out, folder, **flags)
        assert end.value.code == 1
        said = capsys.readouterr().err
        assert "5 of 8 files scored" in said
        for line in (
            f"{folder}/b.csv: there is no column 'text'; found review",
            f"{folder}/c.parquet: this is no readable parquet file",
            f"{folder}/d.jsonl, row 2: 'text' holds 5, which is no text",
        ):
            assert said.count(line) == 2
    assert outputs(tmp_path / "ray") == outputs(tmp_path / "one")
    for name in outputs(tmp_path / "one"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
    with pytest.raises(SystemExit):
        score(tiny_model, tmp_path / "ray", folder, engine="ray", ray_address=cluster)
    assert "5 of 8 files are finished: skipped" in capsys.readouterr().err


def scorers(process):
    """Find the processes of the model that a command has started."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if "Scorer" in "".join(child.cmdline()):
                found.append(child)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def start(*arguments):
    command = [sys.executable, "-m", "reeltalk", "predict", *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)


def wait_for(what, process, timeout_s=120):
    """Give what a function finds, once it finds something; fail where the command ends first."""
    until = time.monotonic() + timeout_s
    while not (found := what()):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


@pytest.fixture
def many_rows(tmp_path):
    """A file of 20 parts."""
    file = tmp_path / "in.csv"
    write_rows(file, [{"text": text} for text, _ in easy_reviews(20_480)], ["text"])
    return file


@needs_ray
def test_an_actor_that_is_killed_loses_and_repeats_nothing(tiny_model, tmp_path, many_rows):
    """The command starts Ray by itself; a process of the model is killed with work to do."""
    score(tiny_model, tmp_path / "one.csv", many_rows)
    out = tmp_path / "ray.csv"
    flags = ["--engine", "ray", "--threads", "2", "--model", tiny_model, "--out", out]
    process = start(many_rows, *flags)
    started = []
    try:
        wait_for(lambda: list(tmp_path.glob("ray.csv.parts/0*")), process)
        actors = wait_for(lambda: scorers(process), process)
        started = psutil.Process(process.pid).children(recursive=True)
        actors[0].send_signal(signal.SIGKILL)
        assert not out.exists(), "nothing was left to do when the actor was killed"
        said = process.communicate(timeout=240)[1]
        assert process.returncode == 0, said
        assert out.read_bytes() == (tmp_path / "one.csv").read_bytes()
        assert "Traceback" not in said
        gone, alive = psutil.wait_procs(started, timeout=20)
        assert not alive
    finally:
        process.kill()
        for child in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


@needs_ray
def test_ray_goes_on_where_the_single_process_was_killed(tiny_model, tmp_path, many_rows, cluster):
    score(tiny_model, tmp_path / "one.csv", many_rows)
    out = tmp_path / "both.csv"
    process = start(many_rows, "--threads", 1, "--model", tiny_model, "--out", out)
    try:
        wait_for(lambda: list(tmp_path.glob("both.csv.parts/0*")), process)
    finally:
        process.kill()
        process.wait()
    kept = {part: part.stat().st_mtime_ns for part in tmp_path.glob("both.csv.parts/0*")}
    assert 0 < len(kept) < 20, "the kill came too late"
    again = []
    write_part = Parts.write

    def seen(self, number, rows):
        again.append(f"{number:08}.csv")
        write_part(self, number, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parts, "write", seen)
        score(tiny_model, out, many_rows, engine="ray", ray_address=cluster)
    assert len(again) == 20 - len(kept)
    assert not {part.name for part in kept} & set(again)
    assert out.read_bytes() == (tmp_path / "one.csv").read_bytes()


@pytest.mark.parametrize("address", ["a..b:80", "127.0.0.1:99999"])
@needs_ray
def test_an_address_that_cannot_be_is_said(tiny_model, tmp_path, address):
    file = write(tmp_path / "in.csv")
    with pytest.raises(ReelTalkError, match=f"--ray-address {address}: no cluster listens there"):
        score(tiny_model, tmp_path / "out", file, engine="ray", ray_address=address)


@needs_ray
def test_a_cluster_without_gpus_is_said_before_any_part(tiny_model, tmp_path, cluster):
    file, out = write(tmp_path / "a.csv"), tmp_path / "b.csv"
    with pytest.raises(ReelTalkError, match=f"--device gpu: Ray finds none on {cluster}"):
        score(tiny_model, out, file, engine="ray", ray_address=cluster, device="gpu")
    assert not out.exists()


@needs_ray
def test_an_actor_whose_gpu_torch_cannot_use_says_so(tiny_model, tmp_path, capsys):
    """Ray takes our word that there is a GPU; torch does not."""
    from ray.cluster_utils import Cluster

    arguments = {"num_cpus": 2, "num_gpus": 1, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=arguments)
    try:
        with pytest.raises(SystemExit):
            score(
                tiny_model,
                tmp_path / "b.csv",
                write(tmp_path / "a.csv"),
                engine="ray",
                ray_address=cluster.address,
                device="gpu",
            )
    finally:
        cluster.shutdown()
    said = capsys.readouterr().err
    assert "actors 1" in said
    assert "torch finds no GPU on this machine" in said
    assert "goes on from here" not in said


@needs_ray
def test_an_address_without_a_cluster_is_said_at_once(tiny_model, tmp_path):
    file, begun = write(tmp_path / "in.csv"), time.monotonic()
    with pytest.raises(ReelTalkError, match=f"--ray-address {NOWHERE}: no cluster listens there"):
        score(tiny_model, tmp_path / "out", file, engine="ray", ray_address=NOWHERE)
    assert time.monotonic() - begun < 10
    assert not outputs(tmp_path / "out")


def test_what_goes_wrong_with_one_output_stops_no_other(tmp_path):
    """The input of one is gone when its first part comes back; no Ray is needed to see it."""
    outputs_of = []
    for name in ("caf\udce9.csv", "b.csv"):
        file = write(tmp_path / name, rows=1)
        parts = Parts(Job.of(file, tmp_path / "out" / name), "text", "m", None)
        parts.open()
        outputs_of.append((parts, set()))
    (tmp_path / "caf\udce9.csv").unlink()
    row = {"id": "0", "text": "fine"} | dict.fromkeys(VERDICT_COLUMNS, 1)
    messages = [
        {"output": place, "kind": kind, "number": number, "payload": pickle.dumps(payload)}
        for place in (0, 1)
        for kind, number, payload in (("scored", 0, [row]), ("end", 1, 0))
    ]
    errors = {}
    _write(iter(messages), outputs_of, Progress(), errors)
    assert list(errors) == [0]
    assert errors[0].endswith("there is no such file")
    assert outputs(tmp_path / "out") == {"b.csv"}


def test_a_ray_that_is_not_installed_is_said_before_any_work(tiny_model, tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name != "ray" and real(name))
    file = write(tmp_path / "in.csv")
    with pytest.raises(ReelTalkError, match=r"is not installed; install it with: .*'\.\[ray\]'"):
        predict(PredictConfig(files=(str(file),), model=tiny_model, engine="ray"))
    assert outputs(tmp_path) == {"in.csv"}
