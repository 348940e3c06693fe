import json
import os
from pathlib import Path

import pytest

from reeltalk import model_folder
from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import (
    check_file_place,
    check_writable,
    new_model_folder,
    only_run,
    read_json,
    sha256_of,
    write_json,
)


def fill(place, content):
    with new_model_folder(place) as folder:
        (folder / "onnx").mkdir()
        (folder / "onnx" / "model.onnx").write_text(content)


def contents(folder):
    return {path.name for path in folder.iterdir()}


def test_a_new_folder_appears_whole(tmp_path):
    place = tmp_path / "models" / "standard"
    fill(place, "new")
    assert (place / "onnx" / "model.onnx").read_text() == "new"
    assert contents(place.parent) == {"standard"}
    assert os.stat(place).st_mode & 0o777 == 0o755


def test_an_old_folder_is_replaced_whole(tmp_path):
    place = tmp_path / "standard"
    fill(place, "old")
    (place / "leftover").write_text("of the old model")
    fill(place, "new")
    assert contents(place) == {"onnx"}
    assert (place / "onnx" / "model.onnx").read_text() == "new"
    assert contents(tmp_path) == {"standard"}


def test_an_error_leaves_the_old_folder_as_it_was(tmp_path):
    place = tmp_path / "standard"
    fill(place, "old")
    with pytest.raises(RuntimeError, match="disk on fire"), new_model_folder(place) as folder:
        (folder / "half").write_text("of a model")
        raise RuntimeError("disk on fire")
    assert (place / "onnx" / "model.onnx").read_text() == "old"
    assert contents(tmp_path) == {"standard"}


def test_the_name_is_never_without_a_folder(tmp_path, monkeypatch):
    """Old and new are exchanged in one call: nothing is renamed away first."""
    place = tmp_path / "standard"
    fill(place, "old")
    monkeypatch.setattr(model_folder.Path, "rename", lambda *_: pytest.fail("two steps"))
    fill(place, "new")
    assert (place / "onnx" / "model.onnx").read_text() == "new"


def test_a_file_system_without_exchange_works_in_two_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(model_folder, "_exchange", lambda first, second: False)
    place = tmp_path / "standard"
    fill(place, "old")
    fill(place, "new")
    assert (place / "onnx" / "model.onnx").read_text() == "new"
    assert contents(tmp_path) == {"standard"}


def test_what_a_killed_run_left_is_removed(tmp_path):
    (tmp_path / ".standard-new-killed").mkdir()
    fill(tmp_path / "standard", "new")
    assert contents(tmp_path) == {"standard"}


def test_too_little_room_is_said_before_training(tmp_path):
    with pytest.raises(ReelTalkError, match="GB free and this run needs 1000000.0 GB"):
        check_writable(tmp_path / "standard", needed_bytes=10**15)
    assert contents(tmp_path) == set()


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "standard").write_text("a file")
    with pytest.raises(ReelTalkError, match="is a file; name a folder"):
        check_writable(tmp_path / "standard", 1)
    with pytest.raises(ReelTalkError, match="cannot be written"):
        check_writable(tmp_path / "standard" / "inside", 1)


def test_json_is_written_in_one_step_and_read_back(tmp_path):
    file = tmp_path / "metrics.json"
    write_json(file, {"text": "caf\u00e9", "share": 0.5})
    assert read_json(file) == {"text": "caf\u00e9", "share": 0.5}
    assert contents(tmp_path) == {"metrics.json"}


def test_a_missing_or_damaged_json_is_named(tmp_path):
    with pytest.raises(ReelTalkError, match="run.json is missing"):
        read_json(tmp_path / "run.json")
    (tmp_path / "run.json").write_text(json.dumps({"a": 1})[:-1])
    with pytest.raises(ReelTalkError, match="run.json is damaged"):
        read_json(tmp_path / "run.json")


def test_the_hash_is_of_the_bytes(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256_of(tmp_path / "empty") == digest


def test_one_run_at_a_time_writes_a_folder(tmp_path):
    with only_run(tmp_path / "standard"), only_run(tmp_path / "modern"):
        with pytest.raises(ReelTalkError, match="another run is writing .*standard"):
            with only_run(tmp_path / "standard"):
                pass
    with only_run(tmp_path / "standard"):
        assert list(tmp_path.iterdir()) == []


def test_an_old_model_that_a_kill_left_aside_is_put_back(tmp_path):
    (tmp_path / ".standard-old").mkdir()
    (tmp_path / ".standard-old" / "weights").write_text("old")
    check_writable(tmp_path / "standard", 0)
    assert (tmp_path / "standard" / "weights").read_text() == "old"


@pytest.mark.parametrize("place", [".", "/"])
def test_a_place_that_cannot_be_renamed_is_refused(place):
    with pytest.raises(ReelTalkError, match="cannot be replaced in one step"):
        check_writable(Path(place), 0)


def test_a_result_s_place_is_tried_first(tmp_path):
    check_file_place(tmp_path / "new" / "figures.json")
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(ReelTalkError, match="is a folder; name a file in it"):
        check_file_place(tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReelTalkError, match="cannot be written"):
        check_file_place(tmp_path / "file" / "figures.json")
