"""The unfinished run beside an output folder: what it was, and where it can continue."""

import json
import shutil
from pathlib import Path
from typing import Any

from reeltalk.config import Output
from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import read_json, write_json

_PLAN_FILE = "plan.json"
_STATE_FILE = "trainer_state.json"


def unfinished_dir(output_dir: Path) -> Path:
    """Name the folder that holds the checkpoints of an unfinished run."""
    return output_dir.with_name(output_dir.name + ".unfinished")


def open_run(output: Output, plan: dict[str, Any]) -> Path | None:
    """Begin or continue the run that will write an output folder.

    Args:
        output: the folder, and whether to continue or to discard an unfinished run.
        plan: everything that decides what is trained: recipe, base, hashes of the data.

    Returns:
        The checkpoint to continue from, or None to begin.

    Raises:
        ReelTalkError: if an unfinished run is there and neither was asked for, or if the one to
            continue was planned differently.
    """
    folder = unfinished_dir(output.output_dir)
    checkpoint = last_checkpoint(folder)
    if checkpoint is not None and not (output.resume or output.restart):
        step = checkpoint.name.partition("-")[2]
        raise ReelTalkError(
            f"{folder} holds an unfinished run (step {step}); continue it with --resume or "
            "discard it with --restart"
        )
    if checkpoint is not None and output.resume:
        _check_same(folder, plan)
        return checkpoint
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_json(folder / _PLAN_FILE, plan)
    return None


def last_checkpoint(folder: Path) -> Path | None:
    """Find the newest checkpoint that was written whole.

    The Trainer writes trainer_state.json last, so a checkpoint without a readable one was cut
    off by a kill.
    """
    whole = [checkpoint for checkpoint in folder.glob("checkpoint-*") if _is_whole(checkpoint)]
    return max(whole, key=lambda checkpoint: int(checkpoint.name.partition("-")[2]), default=None)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / _STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _check_same(folder: Path, plan: dict[str, Any]) -> None:
    """Refuse to continue with other flags or other data than the run began with."""
    begun = read_json(folder / _PLAN_FILE)
    now = json.loads(json.dumps(plan))
    changed = sorted(key for key in begun.keys() | now.keys() if begun.get(key) != now.get(key))
    if changed:
        was = ", ".join(f"{key} was {_short(begun.get(key))}" for key in changed)
        raise ReelTalkError(
            f"{folder} cannot be continued with these flags: {was}; give the same ones, or "
            "discard the unfinished run with --restart"
        )


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
