"""What a model folder's config.json tells a reader: which output is which label, and the limit."""

import json
from dataclasses import dataclass
from pathlib import Path

from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.verdict import NEGATIVE, POSITIVE

READING_KEY = "reading"
"""The key of config.json that holds {"max_tokens": int, "stride": int}, special tokens included
in max_tokens; transformers keeps keys that it does not know."""


@dataclass(frozen=True)
class ModelConfig:
    """How to read with one model.

    Attributes:
        negative, positive: positions of the two labels among the model's outputs.
        max_tokens: tokens of one window, special tokens included.
        stride: tokens from one window's start to the next.
    """

    negative: int
    positive: int
    max_tokens: int
    stride: int


def read_model_config(config_file: Path) -> ModelConfig:
    """Read labels by name and the window from config.json.

    A model without ReelTalk's `reading` key (a public one) is read in windows of its own limit
    with three quarters of a window between starts.

    Raises:
        UnusableModelError: if the file is missing, is no JSON, or does not name two labels.
    """
    try:
        config = json.loads(config_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnusableModelError(f"{config_file} is missing: this is no model folder") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UnusableModelError(f"{config_file} cannot be read: {error}") from error
    negative, positive = _label_positions(config.get("id2label"), config_file)
    reading = config.get(READING_KEY) or {}
    max_tokens = int(
        reading.get("max_tokens", min(512, config.get("max_position_embeddings", 512)))
    )
    stride = int(reading.get("stride", max_tokens * 3 // 4))
    if not 8 <= max_tokens or not 0 < stride <= max_tokens:
        raise UnusableModelError(
            f"{config_file}: {READING_KEY} {reading} is not a window (8 <= max_tokens, "
            "0 < stride <= max_tokens)"
        )
    return ModelConfig(negative, positive, max_tokens, stride)


def _label_positions(id2label: object, config_file: Path) -> tuple[int, int]:
    """Find the negative and the positive output by their names, never by their order."""
    names = id2label if isinstance(id2label, dict) else {}
    found = {str(name).strip().upper(): int(position) for position, name in names.items()}
    aliases = {NEGATIVE: (NEGATIVE, "NEG"), POSITIVE: (POSITIVE, "POS")}
    positions = [
        next((found[alias] for alias in aliases[label] if alias in found), None)
        for label in (NEGATIVE, POSITIVE)
    ]
    if len(found) != 2 or None in positions:
        raise UnusableModelError(
            f"{config_file}: labels {sorted(found)} do not name a negative and a positive class"
        )
    return positions[0], positions[1]  # type: ignore[return-value]
