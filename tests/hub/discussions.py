"""Discussions and pull requests: numbers, comments, and what a pull request changes."""

import difflib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.hub.repos import Repo, timestamp


@dataclass
class Discussion:
    """One conversation; `base` is the commit that a pull request started from."""

    number: int
    title: str
    author: str
    base: str = ""
    status: str = "open"
    merge_commit: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def ref(self) -> str:
        """Where the commits of a pull request are."""
        return f"refs/pr/{self.number}"

    def add_event(self, kind: str, author: str, data: dict[str, Any]) -> dict[str, Any]:
        """Write something down."""
        event = {
            "id": f"{self.number:08x}{len(self.events):016x}",
            "type": kind,
            "createdAt": timestamp(datetime.now(UTC)),
            "author": {"name": author},
            "data": data,
        }
        self.events.append(event)
        return event

    def describe_with(self, text: str, author: str) -> dict[str, Any]:
        """Add a comment."""
        latest = {"raw": text, "html": text, "updatedAt": timestamp(datetime.now(UTC))}
        latest["author"] = {"name": author}
        data = {"edited": False, "hidden": False, "latest": latest, "history": []}
        return self.add_event("comment", author, data)

    def set_status(self, status: str, author: str) -> dict[str, Any]:
        """Open, close or merge."""
        self.status = status
        return self.add_event("status-change", author, {"status": status})


def open_pull_request(repo: Repo, title: str, author: str, base: str) -> Discussion:
    """Begin a pull request at a commit."""
    discussion = open_discussion(repo, title, author)
    discussion.base = base
    repo.git.set_ref(discussion.ref, base)
    return discussion


def open_discussion(repo: Repo, title: str, author: str) -> Discussion:
    """Take the next number."""
    repo.discussions.append(Discussion(len(repo.discussions) + 1, title, author))
    return repo.discussions[-1]


def _blobs(repo: Repo, sha: str) -> dict[str, str]:
    return {node.path: node.oid for node in repo.git.nodes(sha) if not node.is_folder}


def pull_request_changes(
    repo: Repo, discussion: Discussion
) -> tuple[dict[str, bytes | None], list[str]]:
    """What a pull request changes, and which of it main has changed since."""
    if not discussion.base:
        return {}, []
    base, main = _blobs(repo, discussion.base), _blobs(repo, repo.sha)
    head = _blobs(repo, repo.resolve(discussion.ref))
    changed = [path for path in base | head if base.get(path) != head.get(path)]
    changes = {path: repo.git.read(head[path]) if path in head else None for path in changed}
    touched = [path for path in changed if base.get(path) != main.get(path)]
    conflicts = [path for path in touched if main.get(path) != head.get(path)]
    return changes, conflicts if discussion.status != "merged" else []


def unified_diff(repo: Repo, base: str, changes: dict[str, bytes | None]) -> str:
    """Show changes as git does, without its headers."""
    before = _blobs(repo, base)
    lines = []
    for path, content in sorted(changes.items()):
        old = repo.git.read(before[path]) if path in before else b""
        texts = [(text or b"").decode(errors="replace") for text in (old, content)]
        old_lines, new_lines = (text.splitlines(keepends=True) for text in texts)
        lines += difflib.unified_diff(old_lines, new_lines, f"a/{path}", f"b/{path}")
    return "".join(lines)
