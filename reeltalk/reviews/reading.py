"""Labelled reviews, read from the Hub, a file, a folder, or the bundled corpus.

Splitting them is `splits`; where they come from is decided in `sources`.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reeltalk.config import ReviewSource
from reeltalk.errors import ReelTalkError, first_line, listed
from reeltalk.reviews.labelled import Reviews, check_rows
from reeltalk.sources import Source, hub_errors
from reeltalk.tables import SUFFIXES, Row, check_format, read_rows

if TYPE_CHECKING:
    from datasets import Dataset

BUNDLED_FILE = Path(__file__).parent.parent.parent / "data" / "reviews.csv"

FEWEST_ROWS = 20

_SPLIT_NAMES = {
    "train": "train",
    "test": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
}


def read_reviews(source: Source, columns: ReviewSource) -> tuple[dict[str, Reviews], str]:
    """Read every labelled split of a source.

    Args:
        source: where to read, as `sources.choose_dataset` decided.
        columns: the columns' names and what their labels mean.

    Returns:
        Reviews by split ("train", "validation", "test", or "all" where the source has no
        splits), and the revision read: a commit hash, or "" for local files.

    Raises:
        ReelTalkError: for anything the user can put right, before anything is trained.
    """
    if source.kind == "hub":
        parts, revision = _hub_rows(source)
    else:
        place = BUNDLED_FILE if source.kind == "bundled" else Path(source.name)
        parts, revision = _local_rows(place), ""
    reviews = {
        split: check_rows(rows, f"{source.name} ({split})", columns) for split, rows in parts
    }
    if not any(len(part) for part in reviews.values()):
        raise ReelTalkError(f"{source.name}: 0 labelled rows; at least {FEWEST_ROWS} needed")
    return {split: part for split, part in reviews.items() if len(part)}, revision


def _hub_rows(source: Source) -> tuple[Iterator[tuple[str, Iterable[Row]]], str]:
    import datasets
    from huggingface_hub import HfApi, constants

    revision = None
    with hub_errors(f"the dataset {source.name}"):
        if source.offline:
            constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
        else:
            revision = HfApi().dataset_info(source.name).sha
        try:
            loaded = datasets.load_dataset(source.name, revision=revision)
        except (datasets.exceptions.DatasetsError, OSError, RuntimeError, ValueError) as error:
            raise ReelTalkError(
                f"the dataset {source.name} cannot be loaded: {first_line(error)}"
            ) from error
    parts = (
        (_SPLIT_NAMES[name], _named_labels(part))
        for name, part in loaded.items()
        if name in _SPLIT_NAMES
    )
    return parts, revision or "cached"


def _named_labels(part: "Dataset") -> Iterator[Row]:
    """Yield rows with class numbers replaced by the dataset's own class names."""
    named = {
        column: feature.names
        for column, feature in part.features.items()
        if hasattr(feature, "names")
    }
    for row in part:
        yield row | {
            column: names[row[column]] for column, names in named.items() if row[column] >= 0
        }


def _local_rows(place: Path) -> Iterator[tuple[str, Iterable[Row]]]:
    """Yield (split, rows) of a file or a folder: by the files' names, else by a split column."""
    files = files_of(place)
    by_split: dict[str, list[Path]] = {}
    for file in files:
        check_format(file)
        by_split.setdefault(_split_of(file) if place.is_dir() else "all", []).append(file)
    unnamed = [row for file in by_split.pop("all", []) for row in read_rows(file)]
    parts = _by_split_column(unnamed)
    for split in dict.fromkeys([*by_split, *parts]):
        rows = (row for file in by_split.get(split, []) for row in read_rows(file))
        yield split, chain(rows, parts.get(split, []))


def files_of(place: Path) -> list[Path]:
    """Give a file itself, or the files of rows in a folder, in the order of their names.

    Raises:
        ReelTalkError: if a folder has none.
    """
    if not place.is_dir():
        return [place]
    files = sorted(file for file in place.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise ReelTalkError(f"{place}: no file of reviews here; wanted {', '.join(SUFFIXES)}")
    return files


def _by_split_column(rows: list[Row]) -> dict[str, list[Row]]:
    """Part rows by their column "split", unless what it holds are no names of splits."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        name = str(row.get("split", "all")).strip().lower()
        parts.setdefault(_SPLIT_NAMES.get(name, name), []).append(row)
    unknown = sorted(set(parts) - set(_SPLIT_NAMES))
    if unknown and len(unknown) < len(parts):
        raise ReelTalkError(
            f"the column 'split' holds {listed(unknown)} besides {listed(sorted(_SPLIT_NAMES))}; "
            "remove those rows, or rename the column if it means something else"
        )
    return {"all": rows} if unknown else parts


def _split_of(file: Path) -> str:
    words = re.split(r"[^a-z]+", file.stem.lower())
    return next((_SPLIT_NAMES[word] for word in words if word in _SPLIT_NAMES), "all")
