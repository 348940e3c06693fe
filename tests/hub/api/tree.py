"""What a revision contains: trees in small pages, chosen paths, and the commits that led there."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from tests.hub.messages import Request, Response, answer, entry_not_found
from tests.hub.repos import Repo, timestamp
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def read_tree(hub: "Hub", request: Request) -> Response:
    """List a folder, or everything below it, a page at a time."""
    repo = hub.repo_to_read(request)
    sha = repo.resolve(request.params["rev"])
    folder = request.params.get("path", "")
    deep = request.query.get("recursive", "").lower() in ("1", "true")
    inside = folder + "/" if folder else ""
    nodes = [
        node
        for node in repo.git.nodes(sha)
        if node.path.startswith(inside) and (deep or "/" not in node.path[len(inside) :])
    ]
    if folder and not nodes:
        raise entry_not_found(folder, sha)
    return _page(hub, request, [_describe(repo, sha, node, request.query) for node in nodes])


def read_paths(hub: "Hub", request: Request) -> Response:
    """Describe the named paths that exist."""
    repo = hub.repo_to_read(request)
    sha = repo.resolve(request.params["rev"])
    if request.headers.get("content-type", "").startswith("application/json"):
        wanted = request.json()["paths"]
    else:
        wanted = parse_qs(request.body.decode()).get("paths", [])
    nodes = [node for node in repo.git.nodes(sha) if node.path in wanted]
    return answer([_describe(repo, sha, node, {}) for node in nodes])


def read_commits(hub: "Hub", request: Request) -> Response:
    """List the commits of a revision, newest first."""
    repo = hub.repo_to_read(request)
    shown = []
    for commit in repo.git.history(repo.resolve(request.params["rev"])):
        title, _, message = commit.message.decode().partition("\n\n")
        shown.append(
            {
                "id": commit.id.decode(),
                "title": title,
                "message": message,
                "authors": [{"user": commit.author.decode().partition(" <")[0]}],
                "date": timestamp(commit.commit_time),
            }
        )
    return _page(hub, request, shown)


def _describe(repo: Repo, sha: str, node: Any, query: dict[str, str]) -> dict[str, Any]:
    if node.is_folder:
        shown = {"type": "directory", "oid": node.oid, "size": 0, "path": node.path}
    else:
        shown = repo.file_of(node).describe()
    if query.get("expand", "").lower() in ("1", "true"):
        # The newest commit stands for the one that changed the path.
        date = timestamp(repo.git.committed_at(sha))
        shown["lastCommit"] = {"id": sha, "title": "", "date": date}
    return shown


def _page(hub: "Hub", request: Request, rows: list[Any]) -> Response:
    begin = int(request.query.get("cursor", 0))
    end = begin + hub.page_size
    headers = {}
    if end < len(rows):
        query = urlencode(request.query | {"cursor": str(end)})
        headers["Link"] = f'<{hub.url}{request.path}?{query}>; rel="next"'
    return answer(rows[begin:end], headers=headers)


ROUTES = [
    route("GET", "/api/{kind}/{repo}/tree/{rev}", read_tree),
    route("GET", "/api/{kind}/{repo}/tree/{rev}/{path}", read_tree),
    route("POST", "/api/{kind}/{repo}/paths-info/{rev}", read_paths),
    route("GET", "/api/{kind}/{repo}/commits/{rev}", read_commits),
]
