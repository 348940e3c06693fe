"""Makes .venv and installs ReelTalk into it, in the versions of constraints.txt.

    python3 install.py

Runs on the standard library of any Python 3, so that one which is too old is told so. On a
machine without an NVIDIA GPU it takes PyTorch's CPU build, which is gigabytes smaller.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

OLDEST_PYTHON = (3, 11)
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
PROBE_TIMEOUT_S = 3

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = ENVIRONMENT / "installed.sha256"


def main() -> None:
    """Install what is not installed yet."""
    if sys.version_info < OLDEST_PYTHON:
        refuse(
            "this is Python {}.{}; ReelTalk needs 3.11 or newer; name one with: "
            "make PYTHON=python3.12 ...".format(*sys.version_info[:2])
        )
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    python = make_environment()
    print("installing PyTorch and ReelTalk into .venv (a few minutes)", flush=True)
    pip(python, torch_requirement(), *torch_index())
    pip(python, "--editable", f"{ROOT}[dev]")
    STAMP.write_text(wanted)


def fingerprint() -> str:
    """Hash what decides the contents of .venv."""
    parts = [CONSTRAINTS, ROOT / "pyproject.toml", Path(__file__)]
    content = b"".join(part.read_bytes() for part in parts) + str(ROOT).encode()
    return hashlib.sha256(content + platform.python_version().encode()).hexdigest()


def make_environment() -> Path:
    """Make .venv, or make it anew where it is broken or of another Python; give its Python."""
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=False)
    if made.returncode:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        refuse(
            f"{sys.executable} cannot make a virtual environment; on Debian and Ubuntu install "
            "python3-venv first"
        )
    return ENVIRONMENT / scripts / "python"


def torch_requirement() -> str:
    """Find torch's line in constraints.txt."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("torch=="))


def torch_index() -> list[str]:
    """Give pip's flags for the CPU build; none where there is a GPU, or on a Mac."""
    if sys.platform == "darwin" or shutil.which("nvidia-smi"):
        return []
    try:
        urllib.request.urlopen(f"{CPU_BUILDS}/torch/", timeout=PROBE_TIMEOUT_S).close()
    except (urllib.error.URLError, OSError):
        print(f"{CPU_BUILDS} does not answer: taking PyTorch from pip's own index", flush=True)
        return []
    return ["--extra-index-url", CPU_BUILDS]


def pip(python: Path, *arguments: str) -> None:
    """Run pip with the constraints; end with its exit code if it fails."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    failed = subprocess.run(
        [*command, "--constraint", CONSTRAINTS, *arguments], check=False
    ).returncode
    if failed:
        refuse("pip could not install the packages (its reason stands above); .venv is incomplete")


def refuse(reason: str) -> None:
    """End with one line."""
    print(f"error: {reason}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
