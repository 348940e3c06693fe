"""Refuses what is too large, or too much at once, before it is held in memory, and says why."""

import math
from collections.abc import Awaitable, Callable

from fastapi.responses import JSONResponse
from limits import MOST_BODY_BYTES, MOST_WAITING
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UPLOADS = "/gradio_api/upload"
_CALLS = "/gradio_api/call/"


def problem(status: int, detail: str, wait_s: float = 0.0) -> JSONResponse:
    """Answer with a status and one line that says why."""
    headers = {"Retry-After": str(math.ceil(wait_s))} if wait_s else None
    return JSONResponse({"detail": detail}, status, headers)


class BodyLimit:
    """Bounds the bodies of requests, and how many requests to /v1/ there are at once.

    Files that the page uploads are streamed to disk, and bounded by gradio.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app."""
        self._app = app
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what fits; answer 413 or 429 to what does not."""
        if not _has_a_body(scope):
            await self._app(scope, receive, send)
        elif not scope["path"].startswith("/v1/"):
            await self._hand_on(scope, receive, send)
        elif self._inside >= MOST_WAITING:
            refusal = problem(429, "too many requests are waiting; try again in a second", 1)
            await refusal(scope, receive, send)
        else:
            self._inside += 1
            try:
                await self._hand_on(scope, receive, send)
            finally:
                self._inside -= 1

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            refusal = problem(413, f"the request is over {MOST_BODY_BYTES:,} bytes")
            await refusal(scope, receive, send)
            return
        if scope["path"].startswith(_CALLS):
            send = _say_429_for_503(send)
        await self._app(scope, _replay(body, receive), send)


def _say_429_for_503(send: Send) -> Send:
    """Tell callers of gradio's endpoints to come back: its own answer to a full queue is a 503."""

    async def say(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 503:
            headers = [*message["headers"], (b"retry-after", b"2")]
            message = {**message, "status": 429, "headers": headers}
        await send(message)

    return say


def _has_a_body(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
        return False
    return not scope["path"].startswith(_UPLOADS)


async def _read_body(receive: Receive) -> bytes | None:
    """Collect a request's body, or give None once it is over the limit."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
