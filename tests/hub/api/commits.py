"""Commits as the client makes them: what is to go to LFS, then one request with all operations."""

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from tests.hub.cards import card_problems
from tests.hub.discussions import open_pull_request
from tests.hub.lfs import Pointer
from tests.hub.messages import Refusal, Request, Response, answer, entry_not_found
from tests.hub.path_rules import REGULAR_LIMIT, is_ignored, is_large
from tests.hub.repos import Repo
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub

_BAD_PATH = re.compile(r"(^|/)(\.\.?|\.git)?(/|$)|[\0\\]")


def plan_upload(hub: "Hub", request: Request) -> Response:
    """Tell for each file whether it goes to LFS, is ignored, or is there with which oid."""
    repo = _repo(hub, request)
    sha, wanted = repo.resolve(request.params["rev"]), request.json()
    if len(wanted["files"]) > 256:
        raise Refusal(400, '"files" must contain less than or equal to 256 items')
    attributes = repo.text(sha, ".gitattributes")
    ignored = wanted.get("gitIgnore") or repo.text(sha, ".gitignore")
    there = {file.path: file for file in repo.files(sha)}
    planned = []
    for each in wanted["files"]:
        path = each["path"]
        large = is_large(path, each["size"], attributes)
        plan = {
            "path": path,
            "uploadMode": "lfs" if large else "regular",
            "shouldIgnore": is_ignored(path, ignored),
        }
        if path in there:
            plan["oid"] = there[path].etag
        planned.append(plan)
    return answer({"files": planned, "commitOid": sha})


def commit(hub: "Hub", request: Request) -> Response:
    """Apply all operations as one commit, or refuse them all."""
    repo, token = _repo(hub, request), hub.token(request)
    header, operations = _read_lines(request.body)
    parent = repo.resolve(request.params["rev"])
    expected = header.get("parentCommit")
    opens_pull_request = request.query.get("create_pr") == "1"
    if expected and opens_pull_request:
        parent = repo.resolve(expected)
    elif expected and expected != parent:
        raise Refusal(412, "A commit has happened since. Please refresh and try again.")
    changes = _changes(hub, repo, parent, operations)
    message = "\n\n".join(filter(None, [header["summary"], header.get("description")]))
    if opens_pull_request:
        discussion = open_pull_request(repo, header["summary"], token.user, parent)
        discussion.describe_with(header.get("description", ""), token.user)
        ref = discussion.ref
    else:
        ref = _branch(repo, request.params["rev"])
    sha = repo.commit(changes, message, token.user, ref, parent)
    said = {"success": True, "commitOid": sha, "hookOutput": ""}
    said["commitUrl"] = f"{hub.url}/{repo.url_path}/commit/{sha}"
    if opens_pull_request:
        said["pullRequestUrl"] = f"{hub.url}/{repo.url_path}/discussions/{discussion.number}"
    return answer(said)


def _repo(hub: "Hub", request: Request) -> Repo:
    if request.query.get("create_pr") == "1":
        repo = hub.repo_to_read(request)
        if hub.token(request) is None:
            raise Refusal(401, "Invalid username or password.")
        return repo
    return hub.repo_to_write(
        request, "Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request"
    )


def _branch(repo: Repo, revision: str) -> str:
    ref = revision if revision.startswith("refs/pr/") else f"refs/heads/{revision}"
    if ref not in repo.git.refs(""):
        raise Refusal(400, f"{revision} is not a branch: commits go to branches only")
    return ref


def _read_lines(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    except ValueError as error:
        raise Refusal(400, f"Invalid ndjson: {error}") from error
    if not lines or lines[0]["key"] != "header" or not lines[0]["value"].get("summary"):
        raise Refusal(400, 'The first line must be a "header" with a "summary"')
    return lines[0]["value"], lines[1:]


def _changes(
    hub: "Hub", repo: Repo, parent: str, operations: list[dict[str, Any]]
) -> dict[str, bytes | None]:
    there = {file.path for file in repo.files(parent)}
    changes: dict[str, bytes | None] = {}
    for operation in operations:
        key, value = operation["key"], operation["value"]
        path = value["path"]
        if _BAD_PATH.search(path.rstrip("/")):
            raise Refusal(422, f"Invalid path: {path}")
        if key == "file":
            changes[path] = _regular(repo, path, value)
        elif key == "lfsFile":
            changes[path] = _large(hub, repo, value)
        elif key == "deletedFile":
            if path not in there:
                raise entry_not_found(path, parent)
            changes[path] = None
        elif key == "deletedFolder":
            inside = {each for each in there if each.startswith(path.rstrip("/") + "/")}
            if not inside:
                raise entry_not_found(path, parent)
            changes |= dict.fromkeys(inside)
        else:
            raise Refusal(400, f"Unknown operation: {key}")
    return changes


def _regular(repo: Repo, path: str, value: dict[str, Any]) -> bytes:
    content = value["content"].encode()
    if value.get("encoding") == "base64":
        content = base64.b64decode(content)
    if len(content) > REGULAR_LIMIT:
        raise Refusal(400, f"{path} is larger than 10 MB: it must go to LFS")
    if path == "README.md":
        errors, _ = card_problems(content.decode(errors="replace"), repo.kind[:-1])
        if errors:
            raise Refusal(400, "Invalid metadata in README.md: " + "; ".join(errors))
    return content


def _large(hub: "Hub", repo: Repo, value: dict[str, Any]) -> bytes:
    if not hub.lfs.has(repo.key, value["oid"]):
        raise Refusal(400, "LFS pointer pointed to a file that does not exist: " + value["path"])
    return Pointer(value["oid"], hub.lfs.size(value["oid"])).encode()


ROUTES = [
    route("POST", "/api/{kind}/{repo}/preupload/{rev}", plan_upload),
    route("POST", "/api/{kind}/{repo}/commit/{rev}", commit),
]
