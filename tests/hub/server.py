"""Sockets: two HTTP/1.1 servers, the Hub's and the other origin's, and how a request is answered.

Faults are applied here. What is not routed, and every mistake of ours, is written down.
"""

import gzip
import os
import re
import socket
import struct
import sys
import threading
import time
import traceback
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.hub import (
    commit_api,
    discussions,
    git_http,
    lfs,
    refs_api,
    repos_api,
    resolve,
    spaces_api,
    stubs,
    tree_api,
)
from tests.hub.accounts import INVALID_CREDENTIALS
from tests.hub.faults import fault_for
from tests.hub.messages import Refusal, Request, Response, answer
from tests.hub.routing import Route, find_route

if TYPE_CHECKING:
    from tests.hub.hub import Hub

# The first that matches answers: calls with a fixed path come before those with a repo's name.
ROUTES = [
    *stubs.ROUTES,
    *spaces_api.ROUTES,
    *tree_api.ROUTES,
    *refs_api.ROUTES,
    *commit_api.ROUTES,
    *discussions.ROUTES,
    *lfs.ROUTES,
    *git_http.ROUTES,
    *resolve.ROUTES,
    *repos_api.ROUTES,
]


class LogEntry(str):
    """A request as "METHOD path", the status it got (0: none), and the size of its body."""

    status: int = 0
    received_bytes: int = 0


def start_servers(hub: "Hub", port: int, echo: bool) -> tuple[str, str]:
    """Serve in threads that end with the process; give the two addresses."""
    addresses = []
    for number, routes in ((port, ROUTES), (0, lfs.CDN_ROUTES)):
        names = {"hub": hub, "routes": routes, "echo": echo}
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


class _Handler(BaseHTTPRequestHandler):
    hub: "Hub"
    routes: list[Route]
    echo: bool
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer any method."""
        request = self._read()
        entry = LogEntry(f"{self.command} {unquote(self.path)}")
        entry.received_bytes = len(request.body)
        with self.hub.lock:
            self.hub.log.append(entry)
            fault = fault_for(self.hub.faults, self.command, unquote(self.path))
        time.sleep(self.hub.delay_s)
        response = fault.spoil(lambda: self._answer(request)) if fault else self._answer(request)
        if response is None:
            self._reset()
        else:
            self._send(response)
            entry.status = response.status
        if self.echo:
            print(entry.status or "reset", entry, flush=True)  # noqa: T201

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing: the Hub has a log of its own."""

    def _read(self) -> Request:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "chunked" in headers.get("transfer-encoding", ""):
            body = b"".join(iter(self._read_chunk, b""))
        else:
            body = self.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        return Request(self.command, url.path, query, headers, body)

    def _read_chunk(self) -> bytes:
        size = int(self.rfile.readline().partition(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

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
        if self.routes is lfs.CDN_ROUTES and "authorization" in request.headers:
            self.hub.errors.append(f"a token was sent to the other origin: {self.path}")
            return answer({"error": "Only one auth mechanism allowed"}, 400)
        found = find_route(self.routes, request.method, request.path)
        if found is None:
            self.hub.unrouted.append(f"{self.command} {unquote(self.path)}")
            return answer({"error": "this path is not routed"}, 404)
        handler, params = found
        return handler(self.hub, replace(request, params=params))

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body[: response.cut_at])
        if response.cut_at is not None:
            self.close_connection = True

    def _reset(self) -> None:
        # With a linger of 0, closing sends RST instead of FIN; the socket object would say FIN
        # first, so it is left without its descriptor.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())
        self.close_connection = True


def _as_over_https(response: Response, request: Request) -> Response:
    # The client takes a 401 for a missing repo by the path alone, but over https only.
    refused = response.headers["X-Error-Message"] == INVALID_CREDENTIALS
    names_repo = re.match(r"/api/(models|datasets|spaces)/.|/.+/resolve/.", request.path)
    if response.status == 401 and not refused and names_repo:
        response.headers.setdefault("X-Error-Code", "RepoNotFound")
    return response
