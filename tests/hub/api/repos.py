"""Repos as wholes: create, delete, settings, lists, and everything about one of them."""

from typing import TYPE_CHECKING, Any

from tests.hub.accounts import check_write
from tests.hub.cards import SDKS
from tests.hub.messages import Refusal, Request, Response, answer, repo_not_found
from tests.hub.repos import TYPES, Repo, timestamp
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub

_NEEDS_PRO = (
    "Payment required: Gradio and Docker Spaces on cpu-basic hardware need a PRO subscription "
    "(https://huggingface.co/pro). Use ZeroGPU with a verified account, or a static Space"
)


def create_repo(hub: "Hub", request: Request) -> Response:
    """Make an empty repo with the Hub's first commit; 409 with its url if it is there."""
    wanted = request.json()
    token = hub.token(request)
    if token is None:
        raise Refusal(401, "Invalid username or password.")
    kind = TYPES.get(wanted.get("type") or "model", "")
    repo_id = f"{wanted.get('organization') or token.user}/{wanted['name']}"
    namespace = repo_id.partition("/")[0]
    check_write(
        token,
        kind,
        repo_id,
        f'You don\'t have the rights to create a {kind[:-1]} under the namespace "{namespace}"',
    )
    there = hub.repos.get((kind, repo_id))
    if there is not None:
        said = f"You already created this {kind[:-1]} repo"
        return answer({"error": said, "url": f"{hub.url}/{there.url_path}"}, 409)
    sdk = wanted.get("sdk")
    if kind == "spaces" and sdk not in SDKS:
        raise Refusal(400, f'"sdk" must be one of [{", ".join(SDKS)}]')
    if kind == "spaces" and hub.charges_for_spaces and sdk != "static":
        raise Refusal(402, _NEEDS_PRO)
    repo = hub.create(kind, repo_id, wanted.get("visibility") == "private", sdk)
    if kind == "spaces":
        hub.space(repo_id).configure(wanted)
    return answer({"url": f"{hub.url}/{repo.url_path}", "name": repo_id, "id": repo_id})


def delete_repo(hub: "Hub", request: Request) -> Response:
    """Forget a repo."""
    wanted = request.json()
    token = hub.token(request)
    owner = wanted.get("organization") or (token.user if token else "")
    repo = hub.find(TYPES[wanted.get("type") or "model"], f"{owner}/{wanted['name']}", token)
    check_write(token, repo.kind, repo.id, "You don't have the rights to delete this repository")
    hub.remove(repo)
    return Response(200, b"OK")


def change_settings(hub: "Hub", request: Request) -> Response:
    """Make a repo private or public, gated or open."""
    repo, wanted = hub.repo_to_write(request), request.json()
    if "visibility" in wanted:
        repo.private = wanted["visibility"] == "private"
    repo.gated = bool(wanted.get("gated", repo.gated))
    return answer({"private": repo.private, "gated": repo.gated})


def list_repos(hub: "Hub", request: Request) -> Response:
    """The repos that the asker may see, by author and a part of the name."""
    token, query = hub.token(request), request.query
    shown = [
        repo
        for (kind, repo_id), repo in hub.repos.items()
        if kind == request.params["kind"]
        and hub.is_visible(repo, token)
        and query.get("author", repo_id.partition("/")[0]) == repo_id.partition("/")[0]
        and query.get("search", "") in repo_id
    ]
    return answer([_describe_repo(repo, repo.sha) for repo in shown])


def read_repo(hub: "Hub", request: Request) -> Response:
    """Everything about a repo at one revision."""
    repo = hub.repo_to_read(request)
    sha = repo.resolve(request.params.get("rev", "main"))
    shown = _describe_repo(repo, sha)
    shown["siblings"] = [{"rfilename": file.path} for file in repo.files(sha)]
    if request.query.get("blobs", "").lower() in ("1", "true"):
        shown["siblings"] = [_sibling(file) for file in repo.files(sha)]
    if repo.kind == "spaces":
        space = hub.space(repo.id)
        shown |= {"sdk": repo.sdk, "subdomain": space.subdomain, "host": space.host}
        shown["runtime"] = space.describe()
    return answer(shown)


def _sibling(file: Any) -> dict[str, Any]:
    shown = {"rfilename": file.path, "size": file.size, "blobId": file.oid}
    if file.is_large:
        lfs = {"sha256": file.etag, "size": file.size, "pointerSize": file.pointer_size}
        shown["lfs"] = lfs
    return shown


def _describe_repo(repo: Repo, sha: str) -> dict[str, Any]:
    card = repo.card_data(sha)
    shown = {
        "_id": repo.id,
        "id": repo.id,
        "author": repo.id.partition("/")[0],
        "sha": sha,
        "lastModified": timestamp(repo.git.committed_at(sha)),
        "createdAt": timestamp(repo.created_at),
        "private": repo.private,
        "gated": "auto" if repo.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": card.get("tags") or [],
        "cardData": card,
    }
    if repo.kind == "models":
        shown["modelId"] = repo.id
        shown |= {name: card[name] for name in ("pipeline_tag", "library_name") if name in card}
        if "model-index" in card:
            shown["model-index"] = card["model-index"]
    return shown


def refuse_bare_name(hub: "Hub", request: Request) -> Response:
    """A repo without an owner; the Hub has few of them, this one none."""
    raise repo_not_found()


ROUTES = [
    route("POST", "/api/repos/create", create_repo),
    route("DELETE", "/api/repos/delete", delete_repo),
    route("GET", "/api/{kind}", list_repos),
    route("PUT", "/api/{kind}/{repo}/settings", change_settings),
    route("GET", "/api/{kind}/{name}/revision/{rev}", refuse_bare_name),
    route("GET", "/api/{kind}/{repo}", read_repo),
    route("GET", "/api/{kind}/{repo}/revision/{rev}", read_repo),
    route("GET", "/api/{kind}/{name}", refuse_bare_name),
    route("GET", "/{name}/resolve/{rev}/{path}", refuse_bare_name),
]
