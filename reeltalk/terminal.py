"""What the user sees while a command runs: lines, warnings and progress bars. Words nothing."""

import os
import sys
import time
from typing import Any

_SECONDS_BETWEEN_REDRAWS = 0.5
_SECONDS_BETWEEN_LINES_IN_A_LOG = 20.0


def say(line: str) -> None:
    """Print a line of the answer, at once; of several processes, the first one speaks."""
    if os.environ.get("RANK", "0") != "0":
        return
    print(line, flush=True)  # noqa: T201


def warn(line: str) -> None:
    """Print a line about the answer, apart from it."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def progress_bar(doing: str, unit: str, total: int, done: int = 0, leave: bool = False) -> Any:  # noqa: ANN401
    """Open a tqdm bar with the time left; in a log file, a line now and then.

    Of several processes, the first one shows it.

    Args:
        doing: what is being done.
        unit: what is counted, in the singular.
        total: how many there are.
        done: how many were done before.
        leave: whether the bar stays when it is closed.
    """
    from tqdm import tqdm

    on_screen = sys.stderr.isatty()
    return tqdm(
        desc=doing,
        disable=os.environ.get("RANK", "0") != "0",
        unit=unit,
        total=total,
        initial=done,
        leave=leave,
        file=sys.stderr,
        mininterval=_SECONDS_BETWEEN_REDRAWS if on_screen else _SECONDS_BETWEEN_LINES_IN_A_LOG,
        dynamic_ncols=True,
    )


def count_down(line: str, pause_s: float) -> None:
    """Show the seconds left, on a terminal; in a log, say once how long it takes."""
    if not sys.stderr.isatty():
        warn(f"{line} in {pause_s:.0f} s")
        time.sleep(pause_s)
        return
    end = time.monotonic() + pause_s
    while (left := end - time.monotonic()) > 0:
        print(f"\r{line} in {left:.0f} s \033[K", end="", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(min(left, 1.0))
    warn("")
