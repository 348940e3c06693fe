"""Large files: objects by their SHA-256, the pointers that stand for them in git, and transfers.

Uploads and downloads go to another origin, as on the Hub; that one must never see a token.
"""

import fnmatch
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.hub.messages import Refusal, Request, Response, answer, sliced
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub

REGULAR_LIMIT = 10_000_000
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)
_SUFFIXES = """7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx ot parquet
pb pickle pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst""".split()
GITATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n"
    for pattern in [*(f"*.{suffix}" for suffix in _SUFFIXES), "*.tar.*", "*tfevents*"]
)


@dataclass(frozen=True)
class Pointer:
    """What git stores instead of a large file."""

    sha256: str
    size: int

    def encode(self) -> bytes:
        """Write it the one way that git-lfs does."""
        return (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{self.sha256}\nsize {self.size}\n"
        ).encode()


def read_pointer(blob: bytes) -> Pointer | None:
    """Tell a pointer from a file."""
    match = _POINTER.fullmatch(blob) if len(blob) < 200 else None
    return Pointer(match[1].decode(), int(match[2])) if match else None


def is_large(path: str, size: int, gitattributes: str) -> bool:
    """Decide as the Hub does: by .gitattributes, or by size."""
    rules = [line.split() for line in gitattributes.splitlines()]
    patterns = [words[0] for words in rules if "filter=lfs" in words[1:]]
    name = path.rpartition("/")[2]
    return size > REGULAR_LIMIT or any(
        fnmatch.fnmatchcase(path if "/" in pattern else name, pattern) for pattern in patterns
    )


class LfsStore:
    """Objects in a folder; each repo has only those that were uploaded to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owners: set[tuple[str, str]] = set()

    def has(self, repo_key: str, sha256: str) -> bool:
        """Whether a repo may point to an object."""
        return (repo_key, sha256) in self._owners

    def add(self, repo_key: str, content: bytes) -> Pointer:
        """Keep an object."""
        pointer = Pointer(hashlib.sha256(content).hexdigest(), len(content))
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / pointer.sha256).write_bytes(content)
        self._owners.add((repo_key, pointer.sha256))
        return pointer

    def read(self, sha256: str) -> bytes:
        """The content of an object."""
        return (self._folder / sha256).read_bytes()

    def size(self, sha256: str) -> int:
        """The size of an object in bytes."""
        return (self._folder / sha256).stat().st_size


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
