"""What of a folder may go up: an allow list, a model's parts, and no secret in any of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reeltalk_inference.engine import FP32_FILE, INT8_FILE
from reeltalk_inference.model_config import read_model_config

from reeltalk.errors import ReelTalkError
from reeltalk.hub.repo_files import LocalFile
from reeltalk.model_folder import (
    CONFIG_FILE,
    METRICS_FILE,
    RUN_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    read_json,
    sha256_of,
)

MODEL_FILES = (
    CONFIG_FILE,
    WEIGHTS_FILE,
    TOKENIZER_FILE,
    "tokenizer_config.json",
    FP32_FILE,
    METRICS_FILE,
    RUN_FILE,
)
OPTIONAL_MODEL_FILES = (INT8_FILE,)

SPACE_FILES = ("README.md", "app.py", "requirements.txt")
_SPACE_SUFFIXES = {".py", ".md", ".txt", ".css", ".js", ".json", ".csv", ".svg", ".png", ".woff2"}

SLANG_TABLE = "slang.csv"
SLANG_FILES = ("README.md", SLANG_TABLE, "slang_terms.csv")
SLANG_PARTS = "slang_parts"

_LARGEST_SCANNED_BYTES = 50_000_000
_NEVER_TEXT = {".safetensors", ".onnx", ".png", ".woff2"}

_SECRETS = {
    "a Hugging Face token": r"\b(hf|api_org)_[A-Za-z0-9]{30,}",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})",
    "an OpenAI or Anthropic key": r"\bsk-[A-Za-z0-9_-]{24,}",
    "an AWS key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a Google key": r"\bAIza[0-9A-Za-z_-]{35}",
    "a Slack token": r"\bxox[abprs]-[0-9A-Za-z-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}


@dataclass(frozen=True)
class CheckedFolder:
    """A folder whose files may go up.

    Attributes:
        files: those that go up.
        left_out: paths in the folder that do not.
    """

    files: tuple[LocalFile, ...]
    left_out: tuple[str, ...]


def check_model_folder(folder: Path) -> CheckedFolder:
    """Check a model folder: whole, measured as it is, labelled, and without secrets.

    Raises:
        ReelTalkError: naming the file and what is wrong with it.
        UnusableModelError: if its labels do not name a negative and a positive class.
    """
    if not folder.is_dir():
        raise ReelTalkError(f"{folder} does not exist; `make train` makes it")
    missing = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if missing:
        raise ReelTalkError(f"{folder} has no {missing[0]}; train the model again")
    read_model_config(folder / CONFIG_FILE)
    _check_measured_files(folder)
    allowed = [*MODEL_FILES, *(n for n in OPTIONAL_MODEL_FILES if (folder / n).is_file())]
    return _checked(folder, allowed)


def check_space_folder(folder: Path) -> CheckedFolder:
    """Check the Space's folder; take every file of a kind that a Space is made of.

    Raises:
        ReelTalkError: naming the file and what is wrong with it.
    """
    missing = [name for name in SPACE_FILES if not (folder / name).is_file()]
    if missing:
        raise ReelTalkError(f"{folder} has no {missing[0]}; a Space does not start without it")
    paths = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    allowed = [path.as_posix() for path in paths if _is_of_a_space(path)]
    return _checked(folder, allowed)


def check_slang_folder(folder: Path) -> CheckedFolder:
    """Check the slang set's folder: the set, its card, and what it is built from.

    Raises:
        ReelTalkError: naming the file that is missing.
    """
    parts = sorted(path.name for path in (folder / SLANG_PARTS).glob("*.csv"))
    allowed = [*SLANG_FILES, *(f"{SLANG_PARTS}/{part}" for part in parts)]
    missing = [name for name in allowed if not (folder / name).is_file()]
    if missing:
        raise ReelTalkError(f"{folder} has no {missing[0]}; `make slang` builds the set")
    return CheckedFolder(_checked(folder, allowed).files, ())


def refuse_secrets(file: LocalFile, tokens: Sequence[str] = ()) -> None:
    """Refuse a file in which something looks like a token or key; name it without showing it.

    Raises:
        ReelTalkError: naming file and line.
    """
    if Path(file.path).suffix in _NEVER_TEXT or file.size > _LARGEST_SCANNED_BYTES:
        return
    text = file.read().decode("utf-8", "replace")
    in_use = [("the token in use", re.escape(token)) for token in tokens]
    for what, pattern in [*_SECRETS.items(), *in_use]:
        found = re.search(pattern, text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            where = file.path if isinstance(file.content, bytes) else str(file.content)
            raise ReelTalkError(
                f"{where}, line {line}: this looks like {what}; take it out and make it invalid "
                "where it was issued; nothing was uploaded"
            )


def _check_measured_files(folder: Path) -> None:
    """Hold the weights against the hashes that metrics.json was measured on."""
    metrics = read_json(folder / METRICS_FILE)
    measured = {WEIGHTS_FILE: metrics.get("weights_sha256"), **metrics.get("onnx_sha256", {})}
    if (folder / INT8_FILE).is_file() and INT8_FILE not in measured:
        raise ReelTalkError(
            f"{folder / INT8_FILE} is not listed in metrics.json, so that nothing was measured on "
            "it; delete it, or train the model again"
        )
    for name, sha256 in measured.items():
        file = folder / name
        if not file.is_file() or sha256_of(file) != sha256:
            raise ReelTalkError(
                f"{file} is not the file that metrics.json was measured on; measure it again by "
                "training it again, or put the measured file back"
            )


def _is_of_a_space(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return path.suffix in _SPACE_SUFFIXES and not hidden


def _checked(folder: Path, allowed: list[str]) -> CheckedFolder:
    files = tuple(LocalFile(name, folder / name) for name in allowed)
    present = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = (path.relative_to(folder).as_posix() for path in present)
    left_out = [name for name in names if name not in allowed and "__pycache__" not in name]
    return CheckedFolder(files, tuple(left_out))
