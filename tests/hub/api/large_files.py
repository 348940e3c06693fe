"""Git-LFS transfers: what is to be uploaded, uploading, and downloading.

Uploads and downloads go to another origin, as on the Hub; that one must never see a token.
"""

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.hub.messages import Refusal, Request, Response, answer, sliced
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def read_batch(hub: "Hub", request: Request) -> Response:
    """Say for each object where it goes to or comes from; nothing, if it is there already."""
    wanted = request.json()
    uploads = wanted.get("operation") == "upload"
    repo = hub.repo_to_write(request) if uploads else hub.repo_to_read(request)
    objects = []
    for each in wanted["objects"]:
        described = {"oid": each["oid"], "size": each["size"]}
        there = hub.lfs.has(repo.key, each["oid"])
        if uploads and not there:
            described["actions"] = {
                "upload": {"href": f"{hub.cdn_url}/upload/{repo.key}/{each['oid']}"},
                "verify": {"href": f"{hub.url}/{repo.url_path}.git/info/lfs/verify"},
            }
        elif not uploads and there:
            described["actions"] = {"download": {"href": cdn_url(hub, each["oid"], "object")}}
        elif not uploads:
            described["error"] = {"code": 404, "message": "Object does not exist"}
        objects.append(described)
    return answer({"transfer": "basic", "objects": objects, "hash_algo": "sha256"})


def keep_upload(hub: "Hub", request: Request) -> Response:
    """Take an object, if it is the one that its name says."""
    sha256 = request.params["sha256"]
    if hashlib.sha256(request.body).hexdigest() != sha256:
        raise Refusal(400, "The Content-SHA256 you specified did not match what we received")
    hub.lfs.add(f"{request.params['kind']}/{request.params['repo']}", request.body)
    hub.uploaded_bytes += len(request.body)
    return Response(200, b"", {"ETag": f'"{sha256}"'})


def verify_upload(hub: "Hub", request: Request) -> Response:
    """Confirm that an object is there with its size."""
    repo, wanted = hub.repo_to_write(request), request.json()
    there = hub.lfs.has(repo.key, wanted["oid"])
    if not there or hub.lfs.size(wanted["oid"]) != wanted["size"]:
        raise Refusal(404, f"Object {wanted['oid']} of {wanted['size']} bytes is not there")
    return answer({"message": "Object verified"})


def read_object(hub: "Hub", request: Request) -> Response:
    """Serve an object, or a range of it."""
    sha256 = request.params["sha256"]
    headers = {"ETag": f'"{sha256}"', "Content-Type": "application/octet-stream"}
    return sliced(hub.lfs.read(sha256), headers, request.headers.get("range", ""))


def cdn_url(hub: "Hub", sha256: str, path: str) -> str:
    """Where an object is downloaded; its file's name is there for the log and for faults."""
    return f"{hub.cdn_url}/objects/{sha256}/{quote(path)}"


ROUTES = [
    route("POST", "/{prefix}{repo}.git/info/lfs/objects/batch", read_batch),
    route("POST", "/{prefix}{repo}.git/info/lfs/verify", verify_upload),
]
CDN_ROUTES = [
    route("PUT", "/upload/{kind}/{repo}/{sha256}", keep_upload),
    route("GET", "/objects/{sha256}/{path}", read_object),
]
