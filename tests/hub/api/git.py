"""`git clone` and `git fetch` over smart HTTP: the git program answers, as on any server."""

import subprocess
from typing import TYPE_CHECKING

from tests.hub.messages import Refusal, Request, Response
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def advertise_refs(hub: "Hub", request: Request) -> Response:
    """Tell git which refs there are."""
    service = request.query.get("service")
    if service != "git-upload-pack":
        raise Refusal(403, "This Hub is read-only for git: commit through the API")
    refs = _upload_pack(_folder(hub, request), request, "--advertise-refs")
    first = b"# service=git-upload-pack\n"
    body = b"%04x%s0000" % (len(first) + 4, first) + refs
    return Response(200, body, {"Content-Type": "application/x-git-upload-pack-advertisement"})


def send_pack(hub: "Hub", request: Request) -> Response:
    """Send git the objects that it lacks."""
    pack = _upload_pack(_folder(hub, request), request)
    return Response(200, pack, {"Content-Type": "application/x-git-upload-pack-result"})


def _folder(hub: "Hub", request: Request) -> str:
    try:
        return str(hub.repo_to_read(request).git.folder)
    except Refusal as refusal:
        if hub.token(request) is None:
            # Without this challenge git does not ask for a password.
            ask = {"WWW-Authenticate": 'Basic realm="Authentication required"'}
            raise Refusal(401, "Invalid username or password.", **ask) from refusal
        raise


def _upload_pack(folder: str, request: Request, *options: str) -> bytes:
    command = ["git", "upload-pack", "--stateless-rpc", *options, folder]
    return subprocess.run(command, input=request.body, capture_output=True, check=True).stdout


ROUTES = [
    route("GET", "/{prefix}{repo}/info/refs", advertise_refs),
    route("POST", "/{prefix}{repo}/git-upload-pack", send_pack),
]
