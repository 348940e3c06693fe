"""What may go up: an allow list, whole and measured models, and no secret."""

import json
import shutil

import pytest
from reeltalk_inference.errors import UnusableModelError

from reeltalk.errors import ReelTalkError
from reeltalk.hub.folder_check import (
    check_model_folder,
    check_slang_folder,
    check_space_folder,
    refuse_secrets,
)
from reeltalk.hub.repo_files import LocalFile
from tests.conftest import REPOSITORY


@pytest.fixture
def model(tmp_path, tiny_model):
    return shutil.copytree(tiny_model, tmp_path / "standard")


def paths(checked):
    return {file.path for file in checked.files}


def test_whatever_else_lies_in_the_folder_stays(model):
    before = paths(check_model_folder(model))
    for name in (".env", "optimizer.pt", "onnx/notes.txt", "published.json", "checkpoint/x.bin"):
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text("HF_TOKEN=...")
    checked = check_model_folder(model)
    assert paths(checked) == before
    assert {".env", "optimizer.pt", "onnx/notes.txt"} <= set(checked.left_out)


@pytest.mark.parametrize("name", ["tokenizer.json", "onnx/model.onnx", "metrics.json", "run.json"])
def test_a_missing_part_is_named(model, name):
    (model / name).unlink()
    with pytest.raises(ReelTalkError, match=f"has no {name}"):
        check_model_folder(model)


@pytest.mark.parametrize("name", ["model.safetensors", "onnx/model.onnx"])
def test_weights_other_than_those_measured_are_refused(model, name):
    content = bytearray((model / name).read_bytes())
    content[-1] ^= 1
    (model / name).write_bytes(content)
    with pytest.raises(ReelTalkError, match=f"{name} is not the file that metrics.json was"):
        check_model_folder(model)


def test_an_int8_file_that_was_not_measured_is_refused(model):
    metrics = json.loads((model / "metrics.json").read_text())
    metrics["onnx_sha256"].pop("onnx/model_quantized.onnx")
    (model / "metrics.json").write_text(json.dumps(metrics))
    with pytest.raises(ReelTalkError, match="model_quantized.onnx is not listed in metrics.json"):
        check_model_folder(model)


def test_labels_that_make_no_sense_are_refused(model):
    config = json.loads((model / "config.json").read_text())
    config["id2label"] = {"0": "LABEL_0", "1": "LABEL_1"}
    (model / "config.json").write_text(json.dumps(config))
    with pytest.raises(UnusableModelError, match="LABEL_0"):
        check_model_folder(model)


def test_a_folder_that_is_not_there_names_the_way_to_it(tmp_path):
    with pytest.raises(ReelTalkError, match="make train"):
        check_model_folder(tmp_path / "standard")


def test_of_the_data_only_the_slang_set_and_its_sources_go_up():
    found = paths(check_slang_folder(REPOSITORY / "data"))
    assert {"README.md", "slang.csv", "slang_terms.csv", "slang_parts/templates.csv"} <= found
    assert not {"reviews.csv", "edge_cases.csv"} & found


def test_a_space_takes_no_hidden_file_and_no_cache(tmp_path):
    for name in ("README.md", "app.py", "requirements.txt", "page/styles.css"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    for name in (".env", ".git/config.json", "page/__pycache__/a.py", "weights.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    wanted = {"README.md", "app.py", "requirements.txt", "page/styles.css"}
    assert paths(check_space_folder(tmp_path)) == wanted


@pytest.mark.parametrize(
    "secret",
    [
        "hf_" + "aB3" * 12,
        "ghp_" + "x1" * 18,
        "sk-" + "a1B2" * 10,
        "AKIA" + "ABCDEFGH12345678",
        "-----BEGIN RSA PRIVATE" + " KEY-----",
    ],
)
def test_what_looks_like_a_key_is_named_and_not_shown(secret):
    file = LocalFile("run.json", f'{{\n "command": "run {secret}"\n}}'.encode())
    with pytest.raises(ReelTalkError, match=r"run\.json, line 2: this looks like") as error:
        refuse_secrets(file)
    assert secret not in str(error.value)


def test_the_token_in_use_is_found_whatever_it_looks_like():
    file = LocalFile("app.py", b"TOKEN = 'letmein'")
    refuse_secrets(file)
    with pytest.raises(ReelTalkError, match=r"app\.py, line 1"):
        refuse_secrets(file, ["letmein"])


def test_the_project_itself_holds_nothing_like_a_key():
    for folder in ("deployment", "data"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                refuse_secrets(LocalFile(path.name, path))
