"""Which model folder scores, and what tells it from others."""

from pathlib import Path

from reeltalk_inference.engine import FP32_FILE, INT8_FILE

from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import sha256_of

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


def scoring_files(folder: Path) -> tuple[str, ...]:
    """Name the files of a model folder that `Predictor.from_folder` opens.

    Raises:
        ReelTalkError: naming the one that is missing.
    """
    onnx = INT8_FILE if (folder / INT8_FILE).is_file() else FP32_FILE
    names = ("config.json", "tokenizer.json", onnx)
    for name in names:
        if not (folder / name).is_file():
            raise ReelTalkError(f"{folder / name} is missing; train the model again to get it")
    return names


def model_id(folder: Path) -> str:
    """Tell models apart by what scores: what one has half scored is not continued by another.

    Raises:
        ReelTalkError: as `scoring_files` does.
    """
    return " ".join(sha256_of(folder / name) for name in scoring_files(folder))
