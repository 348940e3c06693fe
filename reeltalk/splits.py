"""Train, validation and test: drawn once, balanced, free of duplicates across, and hashed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reeltalk.config import ReviewSource
from reeltalk.duplicates import find_duplicates
from reeltalk.errors import ReelTalkError
from reeltalk.reviews import FEWEST_ROWS, LABEL_NAMES, Reviews, read_reviews
from reeltalk.sources import Source

TEST_SHARE = 0.1
VALIDATION_SHARE = 0.08
MOST_VALIDATION_ROWS = 2000
FEWEST_OF_A_CLASS = 5
SPLIT_SEED = 42


@dataclass(frozen=True)
class Splits:
    """The three parts of a labelled set.

    Attributes:
        train: what the model learns from.
        validation: what epochs and the temperature are chosen on.
        test: what is measured, once, at the end.
        source: name of the set, as the user or the default calls it.
        revision: commit hash on the Hub; "" for local files.
        dropped: duplicates removed, by where they stood ("train", "validation", "extra").
        extra: further reviews to learn from, which belong to none of the three.
    """

    train: Reviews
    validation: Reviews
    test: Reviews
    source: str
    revision: str
    dropped: dict[str, int]
    extra: Reviews = field(default_factory=lambda: Reviews([], []))

    def describe(self) -> dict[str, object]:
        """Give what run.json records: name, revision, sizes, hashes, dropped duplicates."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {
            "source": self.source,
            "revision": self.revision,
            "rows": {name: len(part) for name, part in parts.items()},
            "sha256": {name: part.sha256() for name, part in parts.items()},
            "duplicates_dropped": self.dropped,
        }


def read_splits(source: Source, columns: ReviewSource, extra: Reviews | None = None) -> Splits:
    """Read a labelled set and split it as it says, or always alike where it does not.

    A source's own test split is kept whole: whatever in the other splits repeats it goes. No
    flag changes what is drawn: two models of one set can be compared on its test reviews.

    Args:
        source: where the set is.
        columns: its columns, what its labels mean, and how much of it to take.
        extra: further reviews to learn from; those that repeat a validation or test review,
            whether or not `columns.subset` takes that one, are dropped.

    Raises:
        ReelTalkError: if the set cannot be read, has one class only, or too few rows.
    """
    parts, revision = read_reviews(source, columns)
    parts = _complete(parts)
    parts, dropped = _without_duplicates(parts)
    if extra is not None:
        repeated = find_duplicates(extra.texts, parts["test"].texts + parts["validation"].texts)
        dropped["extra"] = int(repeated.sum())
        extra = extra.take(np.flatnonzero(~repeated).tolist())
    for name, part in parts.items():
        _check_classes(part, f"{source.name} ({name})")
    if columns.subset is not None:
        parts = _subset(parts, columns.subset, source.name)
    return Splits(
        parts["train"],
        parts["validation"],
        parts["test"],
        source.name,
        revision,
        dropped,
        extra if extra is not None else Reviews([], []),
    )


def _complete(parts: Mapping[str, Reviews]) -> dict[str, Reviews]:
    """Draw whatever split the source lacks from its training rows, balanced as they are."""
    known = dict(parts)
    if "all" in known:
        rest = known.pop("all")
        known["train"] = join(known["train"], rest) if "train" in known else rest
    if "train" not in known:
        raise ReelTalkError(
            f"there is no training split, only {', '.join(sorted(known))}; name one file 'train', "
            "or measure on all of it with: evaluate --split all"
        )
    _check_size(known["train"], "the training rows")
    _check_classes(known["train"], "the training rows", FEWEST_OF_A_CLASS)
    if "test" not in known:
        known["train"], known["test"] = draw(known["train"], TEST_SHARE, SPLIT_SEED)
    if "validation" not in known:
        share = min(VALIDATION_SHARE, MOST_VALIDATION_ROWS / len(known["train"]))
        known["train"], known["validation"] = draw(known["train"], share, SPLIT_SEED)
    return known


def _without_duplicates(
    parts: dict[str, Reviews],
) -> tuple[dict[str, Reviews], dict[str, int]]:
    """Drop from validation what the test repeats, and from train what either repeats."""
    kept, held_out, dropped = dict(parts), list(parts["test"].texts), {}
    for name in ("validation", "train"):
        repeated = find_duplicates(kept[name].texts, held_out)
        dropped[name] = int(repeated.sum())
        kept[name] = kept[name].take(np.flatnonzero(~repeated).tolist())
        held_out += kept[name].texts
    return kept, dropped


def _subset(parts: dict[str, Reviews], most: int, name: str) -> dict[str, Reviews]:
    rows = len(parts["train"])
    if most > rows:
        raise ReelTalkError(
            f"--subset {most} is more than the {rows} training rows of {name}; "
            f"allowed: {FEWEST_ROWS} to {rows}"
        )
    return {
        split: part if len(part) <= most else draw(part, most / len(part), SPLIT_SEED)[1]
        for split, part in parts.items()
    }


def draw(reviews: Reviews, share: float, seed: int) -> tuple[Reviews, Reviews]:
    """Part reviews into (rest, drawn), each with the labels' shares of the whole."""
    from sklearn.model_selection import train_test_split

    if share >= 1:
        return reviews.take([]), reviews
    rest, drawn = train_test_split(
        np.arange(len(reviews)),
        test_size=min(max(2, round(len(reviews) * share)), len(reviews) - 2),
        random_state=seed,
        stratify=reviews.labels,
    )
    return reviews.take(sorted(rest.tolist())), reviews.take(sorted(drawn.tolist()))


def join(first: Reviews, second: Reviews) -> Reviews:
    """Put two sets one after the other."""
    return Reviews(first.texts + second.texts, first.labels + second.labels)


def _check_size(reviews: Reviews, where: str) -> None:
    if len(reviews) < FEWEST_ROWS:
        raise ReelTalkError(f"{where}: {len(reviews)} labelled rows; at least {FEWEST_ROWS} needed")


def _check_classes(reviews: Reviews, where: str, fewest: int = 1) -> None:
    counts = np.bincount(reviews.labels, minlength=2)
    for label, count in zip(LABEL_NAMES, counts.tolist(), strict=True):
        if count < fewest:
            raise ReelTalkError(
                f"{where}: {count or 'none'} of {len(reviews)} rows is {label.lower()}; "
                f"at least {fewest} of each class needed"
            )
