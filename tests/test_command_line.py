"""What bad input gets: one line that says what is wrong, the value and what to do; exit code 2."""

import importlib
import resource
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest

from reeltalk.command_line import run
from tests.conftest import NO_HUB, REPOSITORY, write_easy_reviews
from tests.test_sources import point_to


@pytest.fixture
def fails(monkeypatch, capsys):
    """Run a script in this process; give the one line of its error."""

    def failing(script, *flags):
        monkeypatch.setattr(sys, "argv", [script, *map(str, flags)])
        monkeypatch.syspath_prepend(REPOSITORY)
        with pytest.raises(SystemExit) as end:
            run(importlib.import_module(script.removesuffix(".py")).main)
        assert end.value.code == 2
        said = capsys.readouterr().err
        assert "Traceback" not in said
        lines = said.strip().splitlines()
        assert [line for line in lines if line.startswith("error: ")] == lines[-1:], said
        return lines[-1]

    return failing


def test_a_named_source_without_hub_is_an_error(fails, monkeypatch):
    point_to(monkeypatch, NO_HUB)
    line = fails("train_model.py", "--dataset", "someone/reviews")
    assert f"the Hub at {NO_HUB} does not answer" in line


def test_an_unwritable_output_is_said_before_training(fails, tmp_path, tiny_base):
    (tmp_path / "file").write_text("in the way")
    place = tmp_path / "file" / "standard"
    line = fails(
        "train_model.py", "--base", tiny_base, "--dataset", "bundled", "--output-dir", place
    )
    assert "cannot be written" in line


def test_damaged_weights_are_said_before_reviews_are_read(fails, tmp_path, tiny_base):
    shutil.copytree(tiny_base, tmp_path / "base")
    (tmp_path / "base" / "model.safetensors").write_bytes(b"\0" * 100)
    line = fails("train_model.py", "--base", tmp_path / "base", "--dataset", "bundled")
    assert "model.safetensors is damaged" in line


def test_a_missing_column_reaches_the_user_as_one_line(fails, tmp_path, tiny_base):
    file = tmp_path / "my.csv"
    file.write_text("review,stars\nfine,5\n")
    line = fails("train_model.py", "--base", tiny_base, "--dataset", file)
    assert "no column 'text'; found review, stars; name it with --text-column" in line


def test_a_value_out_of_range_reaches_the_user_as_one_line(fails):
    assert "--learning-rate -1.0 is out of range" in fails("train_model.py", "--learning-rate", -1)


def test_a_report_without_its_package_is_said_before_training(fails, tiny_base):
    line = fails("train_model.py", "--base", tiny_base, "--report-to", "trackio")
    assert "--report-to trackio: the package is not installed; install it with: " in line


def test_too_little_room_is_said_before_training(fails, tmp_path, tiny_base, monkeypatch):
    room = namedtuple("room", "total used free")(0, 0, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    line = fails("train_model.py", "--base", tiny_base, "--output-dir", tmp_path / "standard")
    assert "GB free and this run needs" in line


def test_stage_2_without_stage_1_names_what_is_missing(fails, tmp_path):
    line = fails("augment_slang.py", "--base", tmp_path / "standard")
    assert "run.json is missing" in line


def test_an_unknown_flag_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train_model.py", "--no-such-flag", "1"])
    monkeypatch.syspath_prepend(REPOSITORY)
    with pytest.raises(SystemExit) as end:
        run(importlib.import_module("train_model").main)
    assert end.value.code == 2
    assert "--no-such-flag" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(tiny_model, tmp_path):
    lines = "The story is great.\n" * 2000
    process = subprocess.run(
        f"{sys.executable} -m reeltalk predict --model {tiny_model} | head -n 1",
        shell=True,
        input=lines,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.startswith('{"verdict": ')
    assert "Traceback" not in process.stderr


def test_a_full_disk_is_said_and_the_old_model_stays(
    fails, tmp_path, tiny_base, tiny_model, monkeypatch
):
    """No file may grow past 100 kB, and the check beforehand is told that there is room."""
    room = namedtuple("room", "total used free")(0, 0, 10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: room)
    write_easy_reviews(tmp_path / "easy.csv", 100)
    place = tmp_path / "models" / "standard"
    shutil.copytree(tiny_model, place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    flags = ["--base", tiny_base, "--dataset", tmp_path / "easy.csv", "--output-dir", place]
    flags += ["--epochs", "1", "--max-tokens", "32", "--precision", "fp32"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        line = fails("train_model.py", *flags)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "the disk refused a write" in line
    assert "standard is as it was; make room and continue with --resume" in line
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before
