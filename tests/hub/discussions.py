"""Discussions and pull requests: their numbers, comments, and merging."""

import difflib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.hub.messages import Refusal, Request, Response, answer
from tests.hub.repos import Repo, timestamp
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


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


def create(hub: "Hub", request: Request) -> Response:
    """Open a discussion, or a pull request without changes as yet."""
    repo, token, wanted = hub.repo_to_read(request), hub.token(request), request.json()
    if token is None:
        raise Refusal(401, "Invalid username or password.")
    if wanted.get("pullRequest"):
        discussion = open_pull_request(repo, wanted["title"], token.user, repo.sha)
        discussion.status = "draft"
    else:
        discussion = open_discussion(repo, wanted["title"], token.user)
    discussion.describe_with(wanted.get("description") or "", token.user)
    return answer({"num": discussion.number})


def read_all(hub: "Hub", request: Request) -> Response:
    """List discussions and pull requests, newest first."""
    repo = hub.repo_to_read(request)
    shown = [_summary(repo, each) for each in reversed(repo.discussions)]
    return answer({"discussions": shown, "count": len(shown), "start": 0})


def read_one(hub: "Hub", request: Request) -> Response:
    """Show a discussion with its events, and a pull request with its diff."""
    repo = hub.repo_to_read(request)
    discussion = _find(repo, request)
    shown = _summary(repo, discussion) | {"events": discussion.events}
    if discussion.base:
        changes, conflicts = _changes(repo, discussion)
        shown["filesWithConflicts"] = conflicts
        shown["changes"] = {"base": "refs/heads/main", "mergeCommitId": discussion.merge_commit}
        shown["diff"] = "".join(_diff(repo, discussion.base, changes))
    return answer(shown)


def merge(hub: "Hub", request: Request) -> Response:
    """Bring the changes of a pull request to main as one commit."""
    repo, token = hub.repo_to_write(request), hub.token(request)
    discussion = _find(repo, request)
    changes, conflicts = _changes(repo, discussion)
    if not discussion.base or discussion.status not in ("open", "draft"):
        raise Refusal(400, "This pull request cannot be merged: it is " + discussion.status)
    if conflicts:
        raise Refusal(409, "Merge conflict in " + ", ".join(conflicts))
    title = f"{discussion.title} (#{discussion.number})"
    discussion.merge_commit = repo.commit(changes, title, token.user)
    return answer(discussion.set_status("merged", token.user))


def change(hub: "Hub", request: Request) -> Response:
    """Comment, or close and open again."""
    repo, token, wanted = hub.repo_to_read(request), hub.token(request), request.json()
    if token is None:
        raise Refusal(401, "Invalid username or password.")
    discussion = _find(repo, request)
    if request.params["what"] == "comment":
        return answer({"newMessage": discussion.describe_with(wanted["comment"], token.user)})
    hub.repo_to_write(request)
    return answer({"newStatus": discussion.set_status(wanted["status"], token.user)})


def _find(repo: Repo, request: Request) -> Discussion:
    number = int(request.params["number"])
    if not 0 < number <= len(repo.discussions):
        raise Refusal(404, f"There is no discussion {number}")
    return repo.discussions[number - 1]


def _summary(repo: Repo, discussion: Discussion) -> dict[str, Any]:
    return {
        "title": discussion.title,
        "num": discussion.number,
        "author": {"name": discussion.author},
        "createdAt": timestamp(discussion.created_at),
        "status": discussion.status,
        "repo": {"name": repo.id, "type": repo.kind[:-1]},
        "isPullRequest": bool(discussion.base),
    }


def _blobs(repo: Repo, sha: str) -> dict[str, str]:
    return {node.path: node.oid for node in repo.git.nodes(sha) if not node.is_folder}


def _changes(repo: Repo, discussion: Discussion) -> tuple[dict[str, bytes | None], list[str]]:
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


def _diff(repo: Repo, base: str, changes: dict[str, bytes | None]) -> list[str]:
    before = _blobs(repo, base)
    lines = []
    for path, content in sorted(changes.items()):
        old = repo.git.read(before[path]) if path in before else b""
        texts = [(text or b"").decode(errors="replace") for text in (old, content)]
        old_lines, new_lines = (text.splitlines(keepends=True) for text in texts)
        lines += difflib.unified_diff(old_lines, new_lines, f"a/{path}", f"b/{path}")
    return lines


ROUTES = [
    route("POST", "/api/{kind}/{repo}/discussions", create),
    route("GET", "/api/{kind}/{repo}/discussions", read_all),
    route("GET", "/api/{kind}/{repo}/discussions/{number}", read_one),
    route("POST", "/api/{kind}/{repo}/discussions/{number}/merge", merge),
    route("POST", "/api/{kind}/{repo}/discussions/{number}/{what}", change),
]
