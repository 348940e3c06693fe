"""Refuses what is too large before it is held in memory, and says why in one line of JSON."""

import math
from collections.abc import Awaitable, Callable

from fastapi.responses import JSONResponse
from limits import MOST_BODY_BYTES
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def problem(status: int, detail: str, wait_s: float = 0.0) -> JSONResponse:
    """Answer with a status and one line that says why."""
    headers = {"Retry-After": str(math.ceil(wait_s))} if wait_s else None
    return JSONResponse({"detail": detail}, status, headers)


class BodyLimit:
    """Bounds the bodies sent to /v1/; what the page uploads is bounded by gradio."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what fits; answer 413 to what does not."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            refusal = problem(413, f"the request is over {MOST_BODY_BYTES:,} bytes")
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


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
