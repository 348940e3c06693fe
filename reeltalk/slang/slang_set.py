"""data/slang.csv: its columns and splits, checked and read. How it is made is `building`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews
from reeltalk.slang.sources import LABELS, check_value, checked_rows
from reeltalk.tables import Row

COLUMNS = ("text", "label", "term", "template", "kind", "split")
SEEN = "seen"
HELD_OUT = ("unseen-template", "unseen-term", "unseen-both")
SPLITS = (SEEN, *HELD_OUT)


@dataclass(frozen=True)
class SlangSet:
    """The rows of a slang set, checked.

    Attributes:
        file: where they were read.
        rows: one dict per row, with `COLUMNS`.
    """

    file: Path
    rows: list[Row]

    def pick(self, wanted: Callable[[Row], bool]) -> Reviews:
        """Take the rows that `wanted` answers True to, as labelled reviews."""
        chosen = [row for row in self.rows if wanted(row)]
        return Reviews([row["text"] for row in chosen], [LABELS[row["label"]] for row in chosen])

    def of_split(self, split: str) -> Reviews:
        """Take the rows of a split."""
        return self.pick(lambda row: row["split"] == split)

    def held_out(self) -> "SlangSet":
        """Give the set without the rows that may be learnt from."""
        return SlangSet(self.file, [row for row in self.rows if row["split"] in HELD_OUT])


def read_slang(file: Path) -> SlangSet:
    """Read and check a slang set.

    Raises:
        ReelTalkError: naming file, line and value.
    """
    rows: list[Row] = []
    first_line: dict[str, int] = {}
    for line, row in checked_rows(file, COLUMNS):
        check_value(row, "label", tuple(LABELS), file, line)
        check_value(row, "split", SPLITS, file, line)
        if row["text"] in first_line:
            raise ReelTalkError(
                f"{file}, line {line}: the text of line {first_line[row['text']]} again"
            )
        first_line[row["text"]] = line
        rows.append(row)
    return SlangSet(file, rows)
