"""A small Hub on 127.0.0.1 to read from: models and datasets over the real wire protocol.

Serves what `huggingface_hub`, `transformers` and `datasets` ask when they read a public repo at
one commit. It keeps a log of requests, and answers 404 with the Hub's error headers.
"""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Repo:
    """One repo at one commit: its files by path."""

    files: dict[str, bytes]

    @property
    def sha(self) -> str:
        digest = hashlib.sha1()
        for path, content in sorted(self.files.items()):
            digest.update(path.encode() + b"\0" + content)
        return digest.hexdigest()


@dataclass
class Hub:
    """Repos by kind ("models" or "datasets") and id, and every request that was made."""

    repos: dict[tuple[str, str], Repo] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    delay_s: float = 0.0
    url: str = ""

    def add_folder(self, kind: str, repo_id: str, folder: Path) -> Repo:
        """Publish a folder's files."""
        files = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        self.repos[kind, repo_id] = Repo(files)
        return self.repos[kind, repo_id]

    def start(self) -> "Hub":
        """Serve on a free port, in a thread that ends with the process."""
        handler = type("Handler", (_Handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return self


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        self.hub.log.append(f"{self.command} {unquote(self.path)}")
        threading.Event().wait(self.hub.delay_s)
        if parts[0] == "api" and len(parts) >= 4:
            self._api(parts[1], "/".join(parts[2:4]), parts[4:])
        elif parts[0] == "datasets" and len(parts) > 4:
            self._resolve("datasets", "/".join(parts[1:3]), parts[3:])
        elif len(parts) > 3:
            self._resolve("models", "/".join(parts[:2]), parts[2:])
        else:
            self._fail("RepoNotFound")

    def _api(self, kind: str, repo_id: str, rest: list[str]) -> None:
        repo = self.hub.repos.get((kind, repo_id))
        if repo is None:
            self._fail("RepoNotFound")
        elif not rest or rest[0] == "revision":
            siblings = [{"rfilename": path} for path in repo.files]
            self._json({"id": repo_id, "sha": repo.sha, "siblings": siblings, "private": False})
        elif rest[0] == "tree":
            self._tree(repo, "/".join(rest[2:]))
        elif rest[0] == "paths-info":
            wanted = parse_qs(self._form).get("paths", [])
            self._json([_entry(path, repo.files[path]) for path in wanted if path in repo.files])
        else:
            self._fail("EntryNotFound")

    def _tree(self, repo: Repo, folder: str) -> None:
        inside = {
            path: content
            for path, content in repo.files.items()
            if not folder or path.startswith(folder + "/")
        }
        if folder and not inside:
            self._fail("EntryNotFound", repo.sha)
            return
        folders = {path.rpartition("/")[0] for path in inside} - {"", folder}
        self._json(
            [{"type": "directory", "oid": "0" * 40, "size": 0, "path": name} for name in folders]
            + [_entry(path, content) for path, content in inside.items()]
        )

    def _resolve(self, kind: str, repo_id: str, rest: list[str]) -> None:
        repo = self.hub.repos.get((kind, repo_id))
        path = "/".join(rest[2:])
        if repo is None or rest[0] != "resolve":
            self._fail("RepoNotFound")
        elif path not in repo.files:
            self._fail("EntryNotFound", repo.sha)
        else:
            content = repo.files[path]
            etag = hashlib.sha1(content).hexdigest()
            self._send(200, content, {"X-Repo-Commit": repo.sha, "ETag": f'"{etag}"'})

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _fail(self, code: str, commit: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": code, "X-Repo-Commit": commit}
        self._send(404, json.dumps({"error": code}).encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entry(path: str, content: bytes) -> dict[str, object]:
    oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return {"type": "file", "oid": oid, "size": len(content), "path": path}
