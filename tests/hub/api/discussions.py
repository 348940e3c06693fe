"""The discussion calls of the API: open, read, comment, close, merge."""

from typing import TYPE_CHECKING, Any

from tests.hub.discussions import (
    Discussion,
    open_discussion,
    open_pull_request,
    pull_request_changes,
    unified_diff,
)
from tests.hub.messages import Refusal, Request, Response, answer
from tests.hub.repos import Repo, timestamp
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


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
        changes, conflicts = pull_request_changes(repo, discussion)
        shown["filesWithConflicts"] = conflicts
        shown["changes"] = {"base": "refs/heads/main", "mergeCommitId": discussion.merge_commit}
        shown["diff"] = unified_diff(repo, discussion.base, changes)
    return answer(shown)


def merge(hub: "Hub", request: Request) -> Response:
    """Bring the changes of a pull request to main as one commit."""
    repo, token = hub.repo_to_write(request), hub.token(request)
    discussion = _find(repo, request)
    changes, conflicts = pull_request_changes(repo, discussion)
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


ROUTES = [
    route("POST", "/api/{kind}/{repo}/discussions", create),
    route("GET", "/api/{kind}/{repo}/discussions", read_all),
    route("GET", "/api/{kind}/{repo}/discussions/{number}", read_one),
    route("POST", "/api/{kind}/{repo}/discussions/{number}/merge", merge),
    route("POST", "/api/{kind}/{repo}/discussions/{number}/{what}", change),
]
