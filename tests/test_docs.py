"""The README says what is so: its tree, targets, commands, links and Python."""

import re
import shlex

import pytest
import tyro

from reeltalk.__main__ import COMMANDS
from reeltalk.command_line import _PLAIN_FLAGS
from reeltalk.config import AugmentConfig, TrainConfig, UploadModelConfig, UploadSpaceConfig
from tests.conftest import REPOSITORY, run_script
from tests.readme import blocks, commands, links, tree_paths

SCRIPTS = {
    "train_model.py": TrainConfig,
    "augment_slang.py": AugmentConfig,
    "upload_model.py": UploadModelConfig,
    "upload_space.py": UploadSpaceConfig,
}
PYTHONS = {"python", ".venv/bin/python"}
LAUNCHERS = {".venv/bin/torchrun", ".venv/bin/accelerate"}
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.M))


SCRIPT_OF = {"TRAIN_FLAGS": "train_model.py", "AUGMENT_FLAGS": "augment_slang.py"}
SECRETS = {"HF_TOKEN", "SPACE_TOKEN"}


@pytest.mark.parametrize("path", tree_paths())
def test_the_tree_is_there(path):
    assert (REPOSITORY / path).exists()


@pytest.mark.parametrize("link", links())
def test_links_lead_somewhere(link):
    assert (REPOSITORY / link).exists()


@pytest.mark.parametrize("command", list(commands()))
def test_commands_parse(command):
    words = shlex.split(re.split(r" [|<>] ", command)[0])
    if words[0] == "make":
        targets = [word for word in words[1:] if "=" not in word]
        assert set(targets) <= TARGETS
        flags = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        assert flags.pop("DRY_RUN", "1") == "1"
        published = ["publish", "all", *shlex.split(flags.pop("PUBLISH_FLAGS", ""))]
        tyro.extras.subcommand_cli_from_dict(COMMANDS, args=published, config=_PLAIN_FLAGS)
        for variable, value in flags.items():
            parse(SCRIPT_OF[variable], shlex.split(value))
    elif words[0] == "export":
        assert words[1].removesuffix("=...") in SECRETS
    elif words[0] in PYTHONS and words[1:3] == ["-m", "tests.hub"]:
        assert run_script("-m", "tests.hub", "--help").returncode == 0
    elif words[0] in PYTHONS and words[1:3] == ["-m", "pytest"]:
        assert f"{words[-1]}: " in (REPOSITORY / "pyproject.toml").read_text()
    elif words[0] in PYTHONS and words[1] == "-m":
        assert words[2] == "reeltalk"
        tyro.extras.subcommand_cli_from_dict(COMMANDS, args=words[3:], config=_PLAIN_FLAGS)
    elif words[0] in PYTHONS and words[1].startswith("benchmarks/"):
        assert (REPOSITORY / words[1]).is_file()
        assert run_script(words[1], "--help").returncode == 0
    elif words[0] in PYTHONS:
        parse(words[1], words[2:])
    elif words[0] in LAUNCHERS:
        script = next(word for word in words if word in SCRIPTS)
        parse(script, words[words.index(script) + 1 :])
    else:
        assert command == ".venv/bin/pip install tensorboard"


def parse(script, flags):
    if flags == ["--help"]:
        return
    tyro.cli(SCRIPTS[script], args=flags, config=_PLAIN_FLAGS)


def test_the_python_of_the_readme_runs(tiny_model, capsys):
    (program,) = blocks("python")
    assert '"models/modern"' in program
    exec(program.replace('"models/modern"', repr(str(tiny_model))), {})
    assert "POSITIVE" in capsys.readouterr().out


def test_help_lists_every_target():
    text = (REPOSITORY / "Makefile").read_text()
    explained = set(re.findall(r"^([a-z-]+):.*## ", text, re.M))
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.M).group(1).split())
    assert explained == TARGETS == phony
