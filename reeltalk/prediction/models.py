"""Which model folder scores, on what, and what tells it from others."""

from pathlib import Path
from typing import Literal

from reeltalk_inference import Predictor
from reeltalk_inference.engine import FP32_FILE, INT8_FILE

from reeltalk.errors import ReelTalkError, first_line
from reeltalk.model_folder import CONFIG_FILE, WEIGHTS_FILE, sha256_of

Device = Literal["cpu", "gpu"]

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


def open_predictor(folder: Path, device: Device, threads: int | None = None) -> Predictor:
    """Open a model folder for `threads` cores, or for this machine's GPU.

    Raises:
        ReelTalkError: if there is no GPU, or no weights for it.
    """
    if device == "cpu":
        return Predictor.from_folder(folder, threads)
    from reeltalk_inference.model_config import read_model_config
    from reeltalk_inference.tokens import ReviewTokenizer
    from reeltalk_inference.torch_engine import TorchEngine
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    from reeltalk.base_model import find_base
    from reeltalk.sources import Source
    from reeltalk.training.hardware import find_hardware

    hardware = find_hardware("auto", "auto")
    if hardware.device == "cpu":
        raise ReelTalkError(
            "--device gpu: torch finds no GPU on this machine; leave the flag out, and its cores "
            "score"
        )
    base = find_base(Source("path", str(folder)))
    logging.disable_progress_bar()
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            base.folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise ReelTalkError(f"{folder} cannot be loaded by torch: {first_line(error)}") from error
    return Predictor(
        ReviewTokenizer.from_file(folder / "tokenizer.json"),
        TorchEngine(model.to(hardware.device), hardware.precision),
        read_model_config(folder / CONFIG_FILE),
    )


def scoring_files(folder: Path, device: Device) -> tuple[str, ...]:
    """Name the files of a model folder that `open_predictor` opens.

    Raises:
        ReelTalkError: naming the one that is missing.
    """
    onnx = INT8_FILE if (folder / INT8_FILE).is_file() else FP32_FILE
    names = (CONFIG_FILE, "tokenizer.json", onnx if device == "cpu" else WEIGHTS_FILE)
    for name in names:
        if not (folder / name).is_file():
            raise ReelTalkError(f"{folder / name} is missing; train the model again to get it")
    return names


def model_id(folder: Path, device: Device) -> str:
    """Tell models apart by what scores: what one has half scored is not continued by another.

    Raises:
        ReelTalkError: as `scoring_files` does.
    """
    return " ".join(sha256_of(folder / name) for name in scoring_files(folder, device))
