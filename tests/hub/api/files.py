"""Files by their path: whole, in ranges, or by a redirect to where large files are."""

from typing import TYPE_CHECKING

from tests.hub.accounts import may_read
from tests.hub.api.large_files import cdn_url
from tests.hub.messages import Refusal, Request, Response, sliced
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def read_file(hub: "Hub", request: Request) -> Response:
    """Serve a small file; send who wants a large one to the other origin."""
    repo = hub.repo_to_read(request)
    token = hub.token(request)
    if repo.gated and not may_read(token, repo.kind, repo.id):
        said = f"Access to {repo.id} is restricted: ask its owners for it"
        raise Refusal(403 if token else 401, said, "GatedRepo")
    sha = repo.resolve(request.params["rev"])
    file = repo.file(sha, request.params["path"])
    headers = {"X-Repo-Commit": sha, "Vary": "Origin, Accept"}
    if file.is_large:
        headers["X-Linked-Etag"] = f'"{file.etag}"'
        headers["X-Linked-Size"] = str(file.size)
        headers["Location"] = cdn_url(hub, file.etag, file.path)
        return Response(302, b"", headers)
    headers |= {"ETag": f'"{file.etag}"', "Content-Type": "text/plain; charset=utf-8"}
    return sliced(repo.git.read(file.oid), headers, request.headers.get("range", ""))


ROUTES = [route("GET", "/{prefix}{repo}/resolve/{rev}/{path}", read_file)]
