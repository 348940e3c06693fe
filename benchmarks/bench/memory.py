"""How much memory a process has taken at most, and what a whole command takes."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

_POLL_S = 0.01


def peak_mb(process: int | str = "self") -> float | None:
    """Give the most memory a process has held so far; None where /proc does not say.

    Not from `getrusage`, whose figure of a child begins with what its parent held.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return int(peak.split()[1]) * 1024 / 1e6 if peak else None


def measure_command(command: Sequence[str], timeout_s: float) -> tuple[float, float | None]:
    """Run a command; give its wall time in seconds and its peak memory in MB.

    Raises:
        RuntimeError: if it fails or takes longer than `timeout_s`.
    """
    begun, peak = time.perf_counter(), None
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        while process.poll() is None:
            peak = peak_mb(process.pid) or peak
            if time.perf_counter() - begun > timeout_s:
                raise RuntimeError(f"{' '.join(command)} took longer than {timeout_s:.0f} s")
            time.sleep(_POLL_S)
        seconds = time.perf_counter() - begun
    finally:
        process.kill()
        said = process.communicate()[1]
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {said.strip()}")
    return seconds, peak
