"""What run.json says of where a model comes from, and the repos that its card names."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reeltalk.config import BUNDLED

BUNDLED_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"

_PATH = re.compile(r"(?<![\w:/.~-])(?:[A-Za-z]:[\\/]|~?/)(?:[^\s\"'\\/]+[\\/])*([^\s\"'\\/]+)")


@dataclass(frozen=True)
class CardLinks:
    """The repos that a card names.

    Attributes:
        repo_id: the model's own.
        standard_repo_id: where stage 1 is published; "" if it is not.
        slang_repo_id: where the slang set is published; "" if it is not.
        space_repo_id: the Space that reads with it; "" if there is none.
    """

    repo_id: str = ""
    standard_repo_id: str = ""
    slang_repo_id: str = ""
    space_repo_id: str = ""


def without_paths(content: Any) -> Any:  # noqa: ANN401  (any JSON value)
    """Cut absolute paths in the strings of a JSON value to their last name."""
    if isinstance(content, dict):
        return {key: without_paths(value) for key, value in content.items()}
    if isinstance(content, list):
        return [without_paths(value) for value in content]
    return _PATH.sub(r"\1", content) if isinstance(content, str) else content


def is_of_the_sample(run: dict[str, Any]) -> bool:
    """Tell whether a model learnt from the reviews that come with the project."""
    return run["reviews"]["source"] == BUNDLED


def is_of_the_hub(run: dict[str, Any]) -> bool:
    """Tell whether a model learnt from a data set of the Hub, at a known revision."""
    return bool(run["reviews"].get("revision"))


def name_reviews(run: dict[str, Any]) -> str:
    """Say which reviews a model was measured on."""
    if is_of_the_sample(run):
        return "the test split of ReelTalk's bundled reviews"
    if is_of_the_hub(run):
        return f"the test split of {run['reviews']['source']}"
    return f"the test split of {Path(run['reviews']['source']).name}, local files"
