"""What was published, kept beside the models: published.json, newest first. Knows no network."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reeltalk.hub.publishing import Published
from reeltalk.hub.repo_files import Kind, LocalFile
from reeltalk.model_folder import PUBLISHED_FILE, read_json, write_json

_KEPT = 50


@dataclass(frozen=True)
class Receipt:
    """One repo as it was published once.

    Attributes:
        kind: "model", "dataset" or "space".
        repo_id: owner/name.
        revision: the commit.
        url: the repo's page.
        tag: the release's tag; "" where it has none.
        time: UTC, ISO 8601.
        files: sha256 by path.
        variables: a Space's variables.
        token_mark: beginning of the sha256 of the token that a Space was given, to tell whether
            another one is to be set.
    """

    kind: Kind
    repo_id: str
    revision: str
    url: str
    tag: str
    time: str
    files: dict[str, str]
    variables: dict[str, str]
    token_mark: str = ""


def make_receipt(
    published: Published,
    endpoint: str,
    tag: str = "",
    variables: dict[str, str] | None = None,
    token_mark: str = "",
) -> Receipt:
    """Word what was published as a receipt of now."""
    plan = published.plan
    return Receipt(
        kind=plan.kind,
        repo_id=plan.repo_id,
        revision=published.sha,
        url=published.url(endpoint),
        tag=tag,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        files={file.path: file.sha256 for file in plan.wanted if isinstance(file, LocalFile)},
        variables=variables or {},
        token_mark=token_mark,
    )


def read_receipts(file: Path) -> list[Receipt]:
    """Read a published.json, newest first; none where there is no such file.

    Raises:
        ReelTalkError: if the file is damaged.
    """
    if not file.is_file():
        return []
    content: dict[str, Any] = read_json(file)
    return [Receipt(**entry) for entry in content["receipts"]]


def keep_receipt(file: Path, receipt: Receipt) -> None:
    """Put a receipt before the others, unless the newest says the same but for its time."""
    before = read_receipts(file)
    if before and _same(before[0], receipt):
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_receipts(file, [receipt, *before][:_KEPT])


def replace_receipts(file: Path, receipts: Sequence[Receipt]) -> None:
    """Write what a rollback leaves of the receipts, newest first."""
    write_json(file, {"receipts": [asdict(receipt) for receipt in receipts]})


def receipt_file(folder: Path) -> Path:
    """Give the place of a model folder's receipts."""
    return folder / PUBLISHED_FILE


def _same(first: Receipt, second: Receipt) -> bool:
    left, right = asdict(first), asdict(second)
    return all(left[key] == right[key] for key in left if key not in ("time", "tag"))
