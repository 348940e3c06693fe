"""Runs the Space: the API at once, the page as soon as it is built.

Importing gradio takes longer than everything else together. The API does not wait for it; until
the page is there, a small one stands in that asks again.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import FrameType

import uvicorn
from docs_page import add_docs
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from feedback import FeedbackFile
from limits import RateLimit
from reeltalk_inference.ladder import Ladder
from rest import add_routes
from starlette.types import ASGIApp, Receive, Scope, Send

_STARTING = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="1"><title>ReelTalk is starting</title>
<style>body{font:1.1rem system-ui,sans-serif;display:grid;place-items:center;height:90vh}</style>
</head><body><p role="status">ReelTalk is starting. This takes a few seconds.</p></body></html>"""
_BROKEN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ReelTalk</title>
</head><body><p role="alert">This page cannot be shown; the log of the Space says why. The API
answers: <a href="docs">/docs</a>.</p></body></html>"""

_NOT_STARTED = 3  # as uvicorn.run does

_log = logging.getLogger(__name__)


class LatePage:
    """An ASGI app that stands in for another until that one is built."""

    def __init__(self) -> None:
        """Show that the page is being built."""
        self.page: ASGIApp = HTMLResponse(_STARTING, headers={"Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to whatever is there."""
        if scope["type"] == "websocket" and isinstance(self.page, HTMLResponse):
            await send({"type": "websocket.close"})
            return
        try:
            await self.page(scope, receive, send)
        except asyncio.CancelledError:
            # The server cancels what outlasts its end: a visitor's page that listens, no error.
            _log.info("a page was still connected at the end")


def make_app(
    ladder: Ladder,
    feedback: FeedbackFile,
    build_page: Callable[[Ladder, FeedbackFile, RateLimit], FastAPI],
) -> FastAPI:
    """Join the API and the page; `build_page` runs in a thread once the server answers."""
    late = LatePage()
    rate_limit = RateLimit()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            building = asyncio.create_task(_build(stack))
            building.add_done_callback(_report)
            ladder.start()
            feedback.start()
            yield
            ladder.stop()
            building.cancel()
            await asyncio.to_thread(feedback.stop)

    async def _build(stack: AsyncExitStack) -> None:
        page = await asyncio.to_thread(build_page, ladder, feedback, rate_limit)
        await stack.enter_async_context(page.router.lifespan_context(page))
        late.page = page
        _log.info("the page is up")

    def _report(building: asyncio.Task) -> None:
        if not building.cancelled() and (error := building.exception()):
            _log.error("the page cannot be built", exc_info=error)
            late.page = HTMLResponse(_BROKEN, 500, {"Cache-Control": "no-store"})

    app = FastAPI(title="ReelTalk", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    add_routes(app, ladder, rate_limit)
    add_docs(app)
    # Mounted at "/" it would take the API's own paths as well, where a method does not fit them.
    app.router.default = late
    return app


class _Server(uvicorn.Server):
    """Says at once that the end has come; whoever is still connected may delay it by seconds."""

    def __init__(self, config: uvicorn.Config, on_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_end = on_end

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_end()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, port: int, on_end: Callable[[], None], behind_proxy: bool = False) -> None:
    """Serve until the process is told to stop; behind a Space's proxy, clients are as it says.

    Args:
        app: what to serve.
        port: on every address of this machine.
        on_end: called by the signal that ends the process, before connections are closed.
        behind_proxy: whether to believe what a proxy says of clients.
    """
    _log.info("serving on http://127.0.0.1:%s", port)
    config = uvicorn.Config(
        app,
        host="0.0.0.0",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=5,
        forwarded_allow_ips="*" if behind_proxy else None,
    )
    server = _Server(config, on_end)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)
