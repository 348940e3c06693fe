"""Branches and tags, and the list of all refs."""

from typing import TYPE_CHECKING

from tests.hub.messages import Refusal, Request, Response, answer, revision_not_found
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def read_refs(hub: "Hub", request: Request) -> Response:
    """List branches and tags, and pull requests if asked for."""
    repo = hub.repo_to_read(request)

    def shown(prefix: str) -> list[dict[str, str]]:
        return [
            {"name": name.removeprefix(f"refs/{prefix}"), "ref": name, "targetCommit": sha}
            for name, sha in repo.git.refs(prefix).items()
        ]

    refs = {"branches": shown("heads/"), "converts": shown("convert/"), "tags": shown("tags/")}
    if request.query.get("include_prs"):
        refs["pullRequests"] = [ref | {"name": ref["ref"]} for ref in shown("pr/")]
    return answer(refs)


def create_branch(hub: "Hub", request: Request) -> Response:
    """Begin a branch at main, or at a given revision."""
    repo, name = hub.repo_to_write(request), request.params["name"]
    if name in _names(repo, "heads/"):
        raise Refusal(409, f"Reference already exists: refs/heads/{name}")
    start = repo.resolve(request.json().get("startingPoint") or "main")
    repo.git.set_ref(f"refs/heads/{name}", start)
    return Response(200, b"OK")


def delete_branch(hub: "Hub", request: Request) -> Response:
    """Forget a branch; main stays."""
    repo, name = hub.repo_to_write(request), request.params["name"]
    if name == "main":
        raise Refusal(403, "Cannot delete the main branch")
    if name not in _names(repo, "heads/"):
        raise revision_not_found(name)
    repo.git.delete_ref(f"refs/heads/{name}")
    return Response(200, b"OK")


def create_tag(hub: "Hub", request: Request) -> Response:
    """Name the commit of a revision."""
    repo, wanted = hub.repo_to_write(request), request.json()
    sha = repo.resolve(request.params["rev"])
    if wanted["tag"] in _names(repo, "tags/"):
        raise Refusal(409, f"Tag reference exists already: refs/tags/{wanted['tag']}")
    author = hub.token(request).user
    repo.git.tag(wanted["tag"], sha, wanted.get("message"), author)
    return Response(200, b"OK")


def delete_tag(hub: "Hub", request: Request) -> Response:
    """Forget a tag."""
    repo, name = hub.repo_to_write(request), request.params["rev"]
    if name not in _names(repo, "tags/"):
        raise revision_not_found(name)
    repo.git.delete_ref(f"refs/tags/{name}")
    return Response(200, b"OK")


def _names(repo, prefix: str) -> set[str]:
    return {name.removeprefix(f"refs/{prefix}") for name in repo.git.refs(prefix)}


ROUTES = [
    route("GET", "/api/{kind}/{repo}/refs", read_refs),
    route("POST", "/api/{kind}/{repo}/branch/{name}", create_branch),
    route("DELETE", "/api/{kind}/{repo}/branch/{name}", delete_branch),
    route("POST", "/api/{kind}/{repo}/tag/{rev}", create_tag),
    route("DELETE", "/api/{kind}/{repo}/tag/{rev}", delete_tag),
]
