"""Virtual environments for packages that the project does not have, made where they are missing.

benchmarks/NAME.txt pins what goes into benchmarks/.peers/NAME.
"""

import hashlib
import platform
import runpy
import subprocess
import sys
from pathlib import Path

from reeltalk.terminal import say

OWN = "own"

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent


class MissingEnvironmentError(Exception):
    """An environment that could not be made; the message is pip's last word."""


def python_of(name: str) -> Path:
    """Give the Python that has an environment's packages; make the environment first if need be.

    Raises:
        MissingEnvironmentError: if pip cannot install them.
    """
    if name == OWN:
        return Path(sys.executable)
    pins = BENCHMARKS / f"{name}.txt"
    place = BENCHMARKS / ".peers" / name
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    stamp = place / "installed.sha256"
    wanted = hashlib.sha256(pins.read_bytes() + platform.python_version().encode()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == wanted):
        say(f"installing benchmarks/{name}.txt into benchmarks/.peers/{name} (a few minutes)")
        _run([sys.executable, "-m", "venv", "--clear", str(place)])
        index = runpy.run_path(str(REPOSITORY / "install.py"))["torch_index"]()
        _run([str(python), "-m", "pip", "install", "--quiet", "-r", str(pins), *index])
        stamp.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        said = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
        reason = said[-1] if said else f"{' '.join(command)} gave exit code {ran.returncode}"
        raise MissingEnvironmentError(reason)
