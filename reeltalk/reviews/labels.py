"""What a label means, whoever wrote it: 0 for negative, 1 for positive."""

from collections.abc import Sequence

NEGATIVE_ID, POSITIVE_ID = 0, 1
LABEL_NAMES = ("NEGATIVE", "POSITIVE")

MEANINGS = {
    "0": NEGATIVE_ID,
    "neg": NEGATIVE_ID,
    "negative": NEGATIVE_ID,
    "1": POSITIVE_ID,
    "pos": POSITIVE_ID,
    "positive": POSITIVE_ID,
}
"""What labels mean where nobody has said."""


def label_of(value: object) -> int | None:
    """Tell what a label means where nobody has said: 0, 1, or None for what is no label."""
    return MEANINGS.get(label_word(value))


def label_word(value: object) -> str:
    """Write a label as it is looked up: 1.0 and True are "1", and case does not count."""
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    return str(value).strip().lower()


def label_map(entries: Sequence[str]) -> dict[str, int | None]:
    """Read VALUE=meaning entries; `config` has checked their form. None stands for drop."""
    meanings: dict[str, int | None] = {}
    for entry in entries:
        value, _, meaning = entry.rpartition("=")
        meanings[value.strip().lower()] = None if meaning == "drop" else MEANINGS[meaning]
    return meanings
