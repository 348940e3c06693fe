"""Where a model comes from, and opening it: a folder, a Hub repo at one commit, or the word model.

Owns what may go wrong on the way, as one exception tuple. Which model answers is `ladder`'s.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from reeltalk_inference.batcher import Batcher
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.model_config import read_model_config
from reeltalk_inference.predictor import Predictor
from reeltalk_inference.tokens import ReviewTokenizer
from reeltalk_inference.verdict import Verdict
from reeltalk_inference.word_model import WordModel

LOADING_ERRORS = (
    UnusableModelError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    httpx2.TransportError,
    OSError,
    RuntimeError,  # hf_xet raises it, and ConnectionError, for whatever its transfers meet
)
"""Everything that reaching, reading or opening a model may raise."""

_SMALL_FILES = ["config.json", "tokenizer.json", "metrics.json", "onnx/tokenizer.json"]
_PINNED = re.compile(r"(?P<repo_id>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})")


@dataclass(frozen=True)
class Source:
    """One place to take a model from.

    Attributes:
        level: "modern", "standard" or "public"; its rung on the ladder.
        place: a local folder, or `owner/name@commit` with the full commit hash.
    """

    level: str
    place: str


@dataclass(frozen=True)
class LoadedModel:
    """A model that answers, and what is known of it.

    Attributes:
        level: its rung: "modern", "standard", "public" or "words".
        name: repo id, or folder name.
        revision: the commit, or the beginning of the weights' sha256 for a folder.
        predict: gives the verdict of each review, in order.
        metrics: metrics.json as it was measured; empty where nothing was.
    """

    level: str
    name: str
    revision: str
    predict: Callable[[Sequence[str]], list[Verdict]]
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def is_calibrated(self) -> bool:
        """Tell whether its probabilities were measured against what reviews turn out to be."""
        return self.level in ("modern", "standard") and "test_ece_after" in (
            self.metrics.get("calibration") or {}
        )


def load(source: Source) -> LoadedModel:
    """Open a source; a snapshot already on disk is opened without a request.

    Raises:
        UnusableModelError, HfHubHTTPError, httpx2.TransportError, OSError, RuntimeError: see
            `LOADING_ERRORS`.
    """
    folder = Path(source.place)
    if folder.is_dir():
        return _open(source.level, folder, folder.resolve().name, None)
    pinned = _PINNED.fullmatch(source.place)
    if pinned is None:
        raise UnusableModelError(
            f"{source.place!r} is neither a folder nor owner/name@ with a commit of 40 digits"
        )
    repo_id, revision = pinned["repo_id"], pinned["revision"]
    try:
        folder = _snapshot(repo_id, revision, [*_SMALL_FILES, INT8_FILE], local_files_only=True)
        return _open(source.level, folder, repo_id, revision)
    except (LocalEntryNotFoundError, UnusableModelError):
        pass  # nothing on disk, or an interrupted download, which is completed now
    folder = _download(repo_id, revision)
    return _open(source.level, folder, repo_id, revision)


def load_words(file: Path) -> LoadedModel:
    """Open the bundled word model, which needs neither the Hub nor onnxruntime.

    Raises:
        UnusableModelError: if it is missing or damaged.
    """
    metrics = _read_metrics(file.with_suffix(".metrics.json"))
    revision = str(metrics.get("weights_sha256", ""))[:12]
    return LoadedModel("words", "word model", revision, WordModel.from_file(file).predict, metrics)


def _download(repo_id: str, revision: str) -> Path:
    """Fetch what inference needs: the int8 file, or the fp32 file where there is no int8."""
    try:
        folder = _snapshot(repo_id, revision, [*_SMALL_FILES, INT8_FILE])
        if not (folder / INT8_FILE).is_file():
            folder = _snapshot(repo_id, revision, [*_SMALL_FILES, FP32_FILE])
    except json.JSONDecodeError as error:
        raise UnusableModelError(f"the Hub's answer on {repo_id} is no JSON: {error}") from error
    return folder


def _snapshot(
    repo_id: str, revision: str, files: list[str], local_files_only: bool = False
) -> Path:
    return Path(
        snapshot_download(
            repo_id, revision=revision, allow_patterns=files, local_files_only=local_files_only
        )
    )


def _open(level: str, folder: Path, name: str, revision: str | None) -> LoadedModel:
    """Open a folder; public repos keep the tokenizer of their export in onnx/."""
    config = read_model_config(folder / "config.json")
    tokenizer_file = folder / "tokenizer.json"
    if not tokenizer_file.is_file() and (folder / "onnx" / "tokenizer.json").is_file():
        tokenizer_file = folder / "onnx" / "tokenizer.json"
    tokenizer = ReviewTokenizer.from_file(tokenizer_file)
    predictor = Predictor(tokenizer, OnnxEngine.from_folder(folder), config)
    metrics = _read_metrics(folder / "metrics.json")
    revision = revision or str(metrics.get("weights_sha256", "local"))[:12]
    return LoadedModel(level, name, revision, Batcher(predictor.predict), metrics)


def _read_metrics(file: Path) -> dict[str, Any]:
    """Read metrics.json; a model without it, or with a damaged one, counts as not measured."""
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return metrics if isinstance(metrics, dict) else {}
