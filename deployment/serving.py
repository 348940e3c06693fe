"""Runs the Space: the API at once, the page as soon as it is built.

Importing gradio takes longer than everything else together. The API does not wait for it; until
the page is there, a small one stands in that asks again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn
from docs_page import add_docs
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from reeltalk_inference.ladder import Ladder
from rest import add_routes
from starlette.types import ASGIApp, Receive, Scope, Send

_STARTING = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="1"><title>ReelTalk is starting</title>
<style>body{font:1.1rem system-ui,sans-serif;display:grid;place-items:center;height:90vh}</style>
</head><body><p role="status">ReelTalk is starting. This takes a few seconds.</p></body></html>"""

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
        await self.page(scope, receive, send)


def make_app(ladder: Ladder, build_page: Callable[[Ladder], FastAPI]) -> FastAPI:
    """Join the API and the page; `build_page` runs in a thread once the server answers."""
    late = LatePage()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            building = asyncio.create_task(_build(stack))
            ladder.start()
            yield
            ladder.stop()
            building.cancel()

    async def _build(stack: AsyncExitStack) -> None:
        page = await asyncio.to_thread(build_page, ladder)
        await stack.enter_async_context(page.router.lifespan_context(page))
        late.page = page
        _log.info("the page is up")

    app = FastAPI(title="ReelTalk", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    add_routes(app, ladder)
    add_docs(app)
    app.mount("/", late)
    return app


def serve(app: FastAPI, port: int, behind_proxy: bool = False) -> None:
    """Serve until the process is told to stop; behind a Space's proxy, clients are as it says."""
    _log.info("serving on http://127.0.0.1:%s", port)
    uvicorn.run(
        app,
        host="0.0.0.0",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=5,
        forwarded_allow_ips="*" if behind_proxy else None,
    )
