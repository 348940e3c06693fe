"""Further reviews to learn from: the Space's feedback, or rows with a text and a label.

They are never measured on; what of them repeats a review that is, `splits` drops.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reeltalk.errors import ReelTalkError
from reeltalk.reviews import NEGATIVE_ID, POSITIVE_ID, Reviews, files_of, label_of
from reeltalk.sources import Source, hub_errors
from reeltalk.tables import SUFFIXES, Row, read_rows

TEXT, LABEL, RIGHT = "text", "label", "right"
"""What a row has. Only feedback says whether its label, the model's verdict, is right."""


@dataclass(frozen=True)
class ExtraData:
    """Reviews from beside the labelled set.

    Attributes:
        reviews: those with a text, each once.
        source: what the user calls the place.
        revision: commit hash on the Hub; "" for local files.
        rows: rows read.
        without_text: feedback whose writer did not have the text kept.
        repeated: rows that say again what an earlier one says, text and label.
    """

    reviews: Reviews
    source: str
    revision: str
    rows: int
    without_text: int
    repeated: int

    def describe(self) -> dict[str, object]:
        """Give what run.json records of what was read."""
        return {
            "source": self.source,
            "revision": self.revision,
            "rows": self.rows,
            "without_text": self.without_text,
            "repeated": self.repeated,
        }


def read_extra(source: Source) -> ExtraData:
    """Read feedback and labelled rows of a file, a folder or a dataset repo.

    Feedback's label is the model's verdict if the visitor said that it is right, else the other.

    Raises:
        ReelTalkError: if there is nothing to learn from, or a row is neither of the two.
    """
    place, revision = Path(source.name), ""
    if source.kind == "hub":
        place, revision = _download(source.name)
    count: Counter[str] = Counter()
    found: dict[tuple[str, int], None] = {}
    for number, file, row in _numbered(place):
        count["rows"] += 1
        label = _label(row, f"{file}, row {number}")
        text = row.get(TEXT)
        if not isinstance(text, str) or not text.strip():
            count["without text"] += 1
        else:
            found[text, label] = None
    if not found:
        raise ReelTalkError(
            f"--extra-data {source.name}: no row with a text among {count['rows']}; visitors "
            "tick a box for theirs to be kept"
        )
    reviews = Reviews([text for text, _ in found], [label for _, label in found])
    silent = count["without text"]
    repeated = count["rows"] - silent - len(found)
    return ExtraData(reviews, source.name, revision, count["rows"], silent, repeated)


def describe_extra(extra: ExtraData, learned: int) -> str:
    """Say in one line how many further reviews are learnt, and what became of the others."""
    positive = sum(extra.reviews.labels)
    held_out = len(extra.reviews) - learned
    return (
        f"extra data: {learned:,} of {extra.rows:,} rows of {extra.source} are learnt besides "
        f"({extra.without_text:,} without text, {extra.repeated:,} said before, {held_out:,} in "
        f"validation or test; {positive:,} of {len(extra.reviews):,} texts positive)"
    )


def _download(repo_id: str) -> tuple[Path, str]:
    from huggingface_hub import HfApi, snapshot_download

    with hub_errors(f"--extra-data: the dataset {repo_id}"):
        revision = HfApi().dataset_info(repo_id).sha
        folder = snapshot_download(
            repo_id,
            repo_type="dataset",
            revision=revision,
            allow_patterns=[f"*{suffix}" for suffix in SUFFIXES],
        )
    if not any(Path(folder).rglob("*.*")):
        raise ReelTalkError(
            f"--extra-data {repo_id}: the dataset holds no file yet; wanted {', '.join(SUFFIXES)}"
        )
    return Path(folder), str(revision)


def _numbered(place: Path) -> Iterator[tuple[int, Path, Row]]:
    """Yield each row with its number in its file."""
    for file in files_of(place):
        for number, row in enumerate(read_rows(file), start=1):
            yield number, file, row


def _label(row: Row, where: str) -> int:
    """Give what the visitor, or the label, says of a review."""
    right = row.get(RIGHT)
    if LABEL not in row or not (TEXT in row or isinstance(right, bool)):
        raise ReelTalkError(
            f"{where}: neither the Space's feedback nor a row with '{TEXT}' and '{LABEL}'; found "
            f"{', '.join(map(str, list(row)[:8])) or 'nothing'}"
        )
    label = label_of(row[LABEL])
    if label is None:
        raise ReelTalkError(
            f"{where}: label {str(row[LABEL])[:40]!r} is unknown; use 0/1 or negative/positive"
        )
    if right is False:
        return NEGATIVE_ID if label == POSITIVE_ID else POSITIVE_ID
    return label
