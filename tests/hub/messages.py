"""What comes in and goes out over HTTP: requests, answers, and refusals with the Hub's headers.

Nothing here knows repos or sockets.
"""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request, read to its end; `params` are the named parts of the path, decoded."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Parse the body, or refuse it with 400."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refusal(400, f"Invalid JSON: {error}") from error


@dataclass
class Response:
    """One answer; `cut_at` makes the connection end after that many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None


class Refusal(Exception):
    """An answer of 4xx with the Hub's error headers; `code` is what the client tells errors by."""

    def __init__(self, status: int, message: str, code: str = "", **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {"X-Error-Message": message.replace("\n", " ")} | headers
        if code:
            self.headers["X-Error-Code"] = code

    def response(self) -> Response:
        """Say it in headers and body."""
        return answer({"error": self.message}, self.status, self.headers)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Response(status, json.dumps(value).encode(), kind | (headers or {}))


def repo_not_found() -> Refusal:
    """What a missing repo and a private one of somebody else's look like."""
    return Refusal(404, "Repository not found", "RepoNotFound")


def revision_not_found(revision: str) -> Refusal:
    """No branch, tag, commit or pull request is called this."""
    return Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def entry_not_found(path: str, commit: str = "") -> Refusal:
    """The revision has no such path; the commit is told all the same."""
    headers = {"X-Repo-Commit": commit} if commit else {}
    return Refusal(404, f"Entry not found: {path}", "EntryNotFound", **headers)


def sliced(content: bytes, headers: dict[str, str], wanted: str) -> Response:
    """Answer with a file, or with the part that a Range header asks for (206, or 416)."""
    size = len(content)
    headers = headers | {"Accept-Ranges": "bytes"}
    if not wanted.startswith("bytes="):
        return Response(200, content, headers)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if first:
        begin, end = int(first), min(int(last or size - 1), size - 1)
    else:
        begin, end = max(size - int(last), 0), size - 1
    if begin > end:
        return Response(416, b"", headers | {"Content-Range": f"bytes */{size}"})
    part = {"Content-Range": f"bytes {begin}-{end}/{size}"}
    return Response(206, content[begin : end + 1], headers | part)
