"""Reviews with their labels, checked row by row."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from reeltalk.config import ReviewSource
from reeltalk.errors import ReelTalkError, listed
from reeltalk.reviews.labels import MEANINGS, label_map, label_word
from reeltalk.tables import Row


@dataclass(frozen=True)
class Reviews:
    """Reviews and their labels, in step.

    Attributes:
        texts: the reviews, as they were written.
        labels: 0 for negative, 1 for positive.
    """

    texts: list[str]
    labels: list[int]

    def __len__(self) -> int:
        """Count the reviews."""
        return len(self.texts)

    def take(self, positions: Iterable[int]) -> "Reviews":
        """Pick reviews by position, in the order given."""
        chosen = list(positions)
        return Reviews([self.texts[i] for i in chosen], [self.labels[i] for i in chosen])

    def sha256(self) -> str:
        """Hash texts, labels and their order: equal hashes mean equal splits."""
        digest = hashlib.sha256()
        for text, label in zip(self.texts, self.labels, strict=True):
            digest.update(json.dumps([label, text]).encode("ascii") + b"\n")
        return digest.hexdigest()


def check_rows(rows: Iterable[Row], where: str, columns: ReviewSource) -> Reviews:
    """Check rows and turn their labels into 0 and 1; rows that have no label are left out.

    Raises:
        ReelTalkError: naming the place, the column, and what stands there.
    """
    meanings = label_map(columns.label_map) or MEANINGS
    texts: list[str] = []
    labels: list[int] = []
    empty: list[int] = []
    found: set[str] = set()
    for number, row in enumerate(rows, start=1):
        _check_columns(row, where, columns)
        text, value = row[columns.text_column], label_word(row[columns.label_column])
        meaning = meanings.get(value, "strange")
        found.add(value)
        if meaning in ("strange", None):
            continue
        if not isinstance(text, str) or not text.strip():
            empty.append(number)
        elif isinstance(meaning, int):
            texts.append(text)
            labels.append(meaning)
    strange = found - set(meanings)
    # -1 is how the Hub marks unlabelled rows, and how others mark negative ones.
    if strange and not (strange == {"-1"} and len(found) != 2):
        raise ReelTalkError(
            f"{where}: the label values in column '{columns.label_column}' are "
            f"{listed(sorted(found))}; wanted 0/1 or negative/positive; map each of them: "
            f"--label-map {min(strange)}=negative (or =positive, =drop) ..."
        )
    if empty:
        raise ReelTalkError(
            f"{where}: {len(empty)} rows hold no text in '{columns.text_column}' "
            f"(rows {listed(empty)}); remove them or fill them in"
        )
    return Reviews(texts, labels)


def _check_columns(row: Row, where: str, columns: ReviewSource) -> None:
    for flag, column in (("text", columns.text_column), ("label", columns.label_column)):
        if column not in row:
            raise ReelTalkError(
                f"{where}: there is no column '{column}'; found {listed(list(row))}; "
                f"name it with --{flag}-column"
            )
