"""The engine `ray`: the bytes of the single process, on a small cluster of this machine."""

import importlib.util
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from reeltalk.config import PredictConfig
from reeltalk.errors import ReelTalkError
from reeltalk.prediction import predict
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


@needs_ray
def test_an_actor_that_is_killed_loses_and_repeats_nothing(tiny_model, tmp_path):
    """The command starts Ray by itself; a process of the model is killed at the first part."""
    file = tmp_path / "in.csv"
    texts = [f"{text} " * 2 for text, _ in easy_reviews(6_000)]
    write_rows(file, [{"text": text} for text in texts], ["text"])
    score(tiny_model, tmp_path / "one.csv", file)
    out = tmp_path / "ray.csv"
    flags = ["--engine", "ray", "--threads", "2", "--model", tiny_model, "--out", out]
    command = [sys.executable, "-m", "reeltalk", "predict", *map(str, [file, *flags])]
    process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("ray.csv.parts/0*")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    started = psutil.Process(process.pid).children(recursive=True)
    actors = [child for child in started if "Scorer" in "".join(child.cmdline())]
    assert len(actors) == 2, [child.cmdline() for child in started]
    actors[0].send_signal(signal.SIGKILL)
    said = process.communicate(timeout=240)[1]
    assert process.returncode == 0, said
    assert out.read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert "Traceback" not in said
    gone, alive = psutil.wait_procs(started, timeout=20)
    assert not alive


@needs_ray
def test_an_address_without_a_cluster_is_said_at_once(tiny_model, tmp_path):
    file, begun = write(tmp_path / "in.csv"), time.monotonic()
    with pytest.raises(ReelTalkError, match=f"--ray-address {NOWHERE}: no cluster listens there"):
        score(tiny_model, tmp_path / "out", file, engine="ray", ray_address=NOWHERE)
    assert time.monotonic() - begun < 10
    assert not outputs(tmp_path / "out")


def test_a_ray_that_is_not_installed_is_said_before_any_work(tiny_model, tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name != "ray" and real(name))
    file = write(tmp_path / "in.csv")
    with pytest.raises(ReelTalkError, match=r"is not installed; install it with: .*'\.\[ray\]'"):
        predict(PredictConfig(files=(str(file),), model=tiny_model, engine="ray"))
    assert outputs(tmp_path) == {"in.csv"}
