"""models/releases.json: which revisions belong together, newest release first. No network.

A receipt tells what one repo holds; this tells which states of the repos, a Space's variables among
them, were published as one. An interrupted run leaves no entry; the run that finishes it does.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from reeltalk.errors import ReelTalkError
from reeltalk.hub.repo_files import Kind
from reeltalk.model_folder import read_json, write_json

RELEASES_FILE = Path("models/releases.json")

_KEPT = 50


@dataclass(frozen=True)
class RepoState:
    """A repo at one commit, and the variables of a Space."""

    kind: Kind
    repo_id: str
    revision: str
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReleaseEntry:
    """Everything that was published from here, as it stood after one release.

    Attributes:
        tag: the release's tag.
        time: UTC, ISO 8601.
        repos: each repo's state, in the order in which they were first written.
        undone: whether a rollback of it has begun.
    """

    tag: str
    repos: tuple[RepoState, ...]
    undone: bool = False
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def read_releases() -> list[ReleaseEntry]:
    """Read the log, newest first; empty where nothing was published from here.

    Raises:
        ReelTalkError: if the file is damaged, or of another version.
    """
    if not RELEASES_FILE.is_file():
        return []
    try:
        return [
            ReleaseEntry(**entry | {"repos": tuple(RepoState(**repo) for repo in entry["repos"])})
            for entry in read_json(RELEASES_FILE)["releases"]
        ]
    except (KeyError, TypeError) as error:
        raise ReelTalkError(
            f"{RELEASES_FILE} is not a log of releases as this version writes it ({error}); move "
            "it away: the next release begins another"
        ) from error


def write_releases(entries: Sequence[ReleaseEntry]) -> None:
    """Write the log, newest first."""
    RELEASES_FILE.parent.mkdir(parents=True, exist_ok=True)
    write_json(RELEASES_FILE, {"releases": [asdict(entry) for entry in entries[:_KEPT]]})


def log_release(
    tag: str, published: Sequence[RepoState], variables: dict[str, str] | None = None
) -> None:
    """Add an entry: what was published now, over what stood before; none if nothing differs.

    Args:
        tag: the release's tag.
        published: the repos that were published now.
        variables: those of the Space among them.
    """
    entries = read_releases()
    before = entries[0].repos if entries else ()
    repos = {repo.repo_id: repo for repo in before}
    for repo in published:
        settings = (variables or {}) if repo.kind == "space" else {}
        repos[repo.repo_id] = replace(repo, variables=settings)
    now = tuple(repos.values())
    if now != before:
        write_releases([ReleaseEntry(tag, now), *entries])
