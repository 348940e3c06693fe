"""Sockets: two HTTP/1.1 servers, the Hub's and the other origin's, and how a request is answered.

Faults are applied here. What is not routed, and every mistake of ours, is written down.
"""

import logging
import re
import socket
import sys
import threading
import time
import traceback
from dataclasses import replace
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.hub.accounts import INVALID_CREDENTIALS
from tests.hub.api import (
    checks,
    commits,
    discussions,
    files,
    git,
    large_files,
    refs,
    repos,
    spaces,
    stubs,
    tree,
)
from tests.hub.connection import Connection
from tests.hub.faults import fault_for
from tests.hub.messages import Refusal, Request, Response, answer
from tests.hub.routing import Route, find_route

if TYPE_CHECKING:
    from tests.hub.hub import Hub

_LOGGER = logging.getLogger(__name__)
# The first that matches answers: calls with a fixed path come before those with a repo's name.
ROUTES = [
    route
    for module in (
        stubs,
        checks,
        spaces,
        tree,
        refs,
        commits,
        discussions,
        large_files,
        git,
        files,
        repos,
    )
    for route in module.ROUTES
]


class LogEntry(str):
    """A request as "METHOD path", the status it got (0: none), and the size of its body."""

    status: int = 0
    received_bytes: int = 0


def start_servers(hub: "Hub", port: int) -> tuple[str, str]:
    """Serve in threads that end with the process; give the two addresses."""
    addresses = []
    for number, routes in ((port, ROUTES), (0, large_files.CDN_ROUTES)):
        names = {"hub": hub, "routes": routes}
        server = _Server(("127.0.0.1", number), type("Handler", (_Handler,), names))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        addresses.append(f"http://127.0.0.1:{server.server_port}")
    return addresses[0], addresses[1]


class _Server(ThreadingHTTPServer):
    request_queue_size = 64

    def server_bind(self) -> None:
        # The parent also looks up this machine's name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request: object, client_address: object) -> None:
        # A client that goes away is no mistake of the server.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(Connection):
    hub: "Hub"
    routes: list[Route]

    def do_GET(self) -> None:
        """Answer any method."""
        request = self.read()
        if find_route(stubs.ROUTES, request.method, request.path):
            # Clients make these calls when they like: neither the log nor a fault counts them.
            self.send(self._answer(request))
            return
        entry = LogEntry(f"{self.command} {unquote(self.path)}")
        entry.received_bytes = len(request.body)
        with self.hub.lock:
            self.hub.log.append(entry)
            fault = fault_for(self.hub.faults, self.command, unquote(self.path))
        time.sleep(self.hub.delay_s)
        response = fault.spoil(lambda: self._answer(request)) if fault else self._answer(request)
        if response is None:
            self.reset()
        else:
            # Before it is sent: the test may look as soon as its client has the answer.
            entry.status = response.status
            self.send(response)
        _LOGGER.info("%s %s", entry.status or "reset", entry)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def _answer(self, request: Request) -> Response:
        with self.hub.lock:
            try:
                return self._route(request)
            except Refusal as refusal:
                return _as_over_https(refusal.response(), request)
            except Exception:
                self.hub.errors.append(f"{self.command} {self.path}\n{traceback.format_exc()}")
                return answer({"error": "the test Hub made a mistake"}, 500)

    def _route(self, request: Request) -> Response:
        if self.routes is large_files.CDN_ROUTES and "authorization" in request.headers:
            self.hub.errors.append(f"a token was sent to the other origin: {self.path}")
            return answer({"error": "Only one auth mechanism allowed"}, 400)
        found = find_route(self.routes, request.method, request.path)
        if found is None:
            self.hub.unrouted.append(f"{self.command} {unquote(self.path)}")
            return answer({"error": "this path is not routed"}, 404)
        handler, params = found
        return handler(self.hub, replace(request, params=params))


def _as_over_https(response: Response, request: Request) -> Response:
    # The client takes a 401 for a missing repo by the path alone, but over https only.
    refused = response.headers["X-Error-Message"] == INVALID_CREDENTIALS
    names_repo = re.match(r"/api/(models|datasets|spaces)/.|/.+/resolve/.", request.path)
    if response.status == 401 and not refused and names_repo:
        response.headers.setdefault("X-Error-Code", "RepoNotFound")
    return response
