"""Which model folder scores."""

from pathlib import Path

from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import read_json

MODEL_FOLDERS = (Path("models/modern"), Path("models/standard"))
"""Where a model is looked for when none is named, best first."""


def find_model(named: Path | None) -> Path:
    """Give the model folder to use: the named one, or the best that is there.

    Raises:
        ReelTalkError: if there is none.
    """
    folders = (named,) if named else MODEL_FOLDERS
    for folder in folders:
        if (folder / "config.json").is_file():
            return folder
    looked = " or ".join(str(folder) for folder in folders)
    raise ReelTalkError(f"no model in {looked}; train one with: make train")


def model_id(folder: Path) -> str:
    """Tell models apart: a file half scored by one is not continued by another."""
    metrics = folder / "metrics.json"
    return str(read_json(metrics).get("weights_sha256")) if metrics.is_file() else str(folder)
