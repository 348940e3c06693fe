"""models/releases.json: which revisions belong together, newest release first. No network.

A receipt tells what one repo holds; this tells which states of the repos, and of the Space's
variables, were published as one. An interrupted run leaves no entry; the run that finishes it does.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reeltalk.hub.repo_files import Kind
from reeltalk.model_folder import read_json, write_json

RELEASES_FILE = Path("models/releases.json")

_KEPT = 50


@dataclass(frozen=True)
class RepoState:
    """A repo at one commit."""

    kind: Kind
    repo_id: str
    revision: str


@dataclass(frozen=True)
class ReleaseEntry:
    """Everything that was published from here, as it stood after one release.

    Attributes:
        tag: the release's tag.
        time: UTC, ISO 8601.
        repos: each repo's state, in the order in which they were written.
        variables: the Space's variables.
        undone: whether a rollback of it has begun.
    """

    tag: str
    repos: tuple[RepoState, ...]
    variables: dict[str, str] = field(default_factory=dict)
    undone: bool = False
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def revision_of(self, repo_id: str) -> str | None:
        """Give a repo's commit; None if it was not published then."""
        return next((repo.revision for repo in self.repos if repo.repo_id == repo_id), None)


def read_releases() -> list[ReleaseEntry]:
    """Read the log, newest first; empty where nothing was published from here.

    Raises:
        ReelTalkError: if the file is damaged.
    """
    if not RELEASES_FILE.is_file():
        return []
    entries = read_json(RELEASES_FILE)["releases"]
    return [
        ReleaseEntry(**entry | {"repos": tuple(RepoState(**repo) for repo in entry["repos"])})
        for entry in entries
    ]


def write_releases(entries: Sequence[ReleaseEntry]) -> None:
    """Write the log, newest first."""
    RELEASES_FILE.parent.mkdir(parents=True, exist_ok=True)
    write_json(RELEASES_FILE, {"releases": [asdict(entry) for entry in entries[:_KEPT]]})


def log_release(
    tag: str, published: Sequence[RepoState], variables: dict[str, str] | None = None
) -> None:
    """Add an entry: what was published now, over what stood before; none if nothing differs."""
    entries = read_releases()
    before = entries[0] if entries else ReleaseEntry("", ())
    repos = {repo.repo_id: repo for repo in before.repos} | {
        repo.repo_id: repo for repo in published
    }
    settings = before.variables if variables is None else variables
    entry = ReleaseEntry(tag, tuple(repos.values()), settings)
    if (entry.repos, entry.variables) != (before.repos, before.variables):
        write_releases([entry, *entries])
