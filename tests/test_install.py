"""The installer, short of installing: what it refuses, and what it takes torch from."""

import importlib.util
import re
import shutil
import urllib.error
import urllib.request

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture
def install():
    spec = importlib.util.spec_from_file_location("install", REPOSITORY / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_is_refused_in_one_line(install, monkeypatch, capsys):
    monkeypatch.setattr(install.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit) as end:
        install.main()
    assert end.value.code == 2
    assert "error: this is Python 3.9; ReelTalk needs 3.11 or newer" in capsys.readouterr().err


def test_what_is_installed_is_not_installed_again(install, monkeypatch, tmp_path):
    monkeypatch.setattr(install, "STAMP", tmp_path / "stamp")
    install.STAMP.write_text(install.fingerprint())
    monkeypatch.setattr(install, "make_environment", lambda: pytest.fail("installed again"))
    install.main()


def test_without_a_gpu_torch_comes_from_its_cpu_builds(install, monkeypatch):
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: open(__file__, "rb"))
    assert install.torch_index() == ["--extra-index-url", install.CPU_BUILDS]
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert install.torch_index() == []


def test_where_they_do_not_answer_pip_s_own_index_is_taken(install, monkeypatch, capsys):
    def refused(*_, **__):
        raise urllib.error.URLError("refused")

    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(urllib.request, "urlopen", refused)
    assert install.torch_index() == []
    assert "does not answer: taking PyTorch from pip's own index" in capsys.readouterr().out


def test_every_requirement_is_held_to_a_version(install):
    held = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in install.CONSTRAINTS.read_text().splitlines()
        if "==" in line
    }
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[>=]", entry)[0].replace("_", "-") for entry in wanted}
    assert names <= held
    assert install.torch_requirement() == "torch==2.13.0"
