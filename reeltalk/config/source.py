"""Where labelled reviews come from."""

from dataclasses import dataclass

from reeltalk.config.parts import require

HUB_DATASET = "stanfordnlp/imdb"
HUB_BASE = "distilbert/distilbert-base-uncased"
BUNDLED = "bundled"


@dataclass(frozen=True)
class ReviewSource:
    """Where labelled reviews come from, and what their columns mean."""

    dataset: str | None = None
    """Hub id, file or folder (parquet, CSV, JSONL), or 'bundled'. Where it is not given:
    stanfordnlp/imdb, or the bundled reviews if the Hub does not answer."""
    text_column: str = "text"
    """Column that holds the review."""
    label_column: str = "label"
    """Column that holds the label: 0/1, neg/pos or negative/positive."""
    label_map: tuple[str, ...] = ()
    """What each label value means, where it is none of those: VALUE=negative, VALUE=positive
    or VALUE=drop."""
    subset: int | None = None
    """Use at most this many reviews of each split, with its share of each label."""
    seed: int = 42
    """Seed of training: the order of the reviews, dropout, new weights."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.subset is not None:
            require(self.subset >= 20, "--subset", self.subset, "20 or more")
        require(0 <= self.seed < 2**32, "--seed", self.seed, "0 to 4294967295")
        for entry in self.label_map:
            meaning = entry.rpartition("=")[2]
            known = "=" in entry and meaning in ("negative", "positive", "drop")
            require(known, "--label-map", entry, "VALUE=negative, VALUE=positive or VALUE=drop")
