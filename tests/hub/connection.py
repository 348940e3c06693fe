"""One HTTP/1.1 connection: reading requests, sending answers, and breaking off."""

import gzip
import os
import socket
import struct
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from tests.hub.messages import Request, Response


class Connection(BaseHTTPRequestHandler):
    """A connection that stays open between requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Say nothing: the Hub has a log of its own."""

    def read(self) -> Request:
        """Read a request to its end, even one that will be refused: the next one follows it."""
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

    def send(self, response: Response) -> None:
        """Send an answer, or the part of it that is to arrive."""
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body[: response.cut_at])
        if response.cut_at is not None:
            self.close_connection = True

    def reset(self) -> None:
        """Drop the connection without an answer."""
        # With a linger of 0, closing sends RST instead of FIN; the socket object would say FIN
        # first, so it is left without its descriptor.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        os.close(self.connection.detach())
        self.close_connection = True
