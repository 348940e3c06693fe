"""The Hub that tests hold: its repos, accounts and Spaces, what it was asked, and what it is to do.

The API's functions work on it, one request at a time; sockets are the server's.
"""

import shutil
import tempfile
import threading
from dataclasses import MISSING, dataclass, field, fields
from itertools import count
from pathlib import Path

from tests.hub.accounts import Token, check_write, find_token, may_read, seeded_tokens
from tests.hub.faults import Fault
from tests.hub.git_store import GitRepo
from tests.hub.lfs import LfsStore
from tests.hub.messages import Request, repo_not_found
from tests.hub.path_rules import is_large
from tests.hub.repos import Repo
from tests.hub.server import LogEntry, start_servers
from tests.hub.spaces import FIRST_CARD, Space, stages_of_files


@dataclass
class Hub:
    """A Hub on 127.0.0.1.

    Attributes:
        log: each request as "METHOD path", in order, those to the other origin
            included and what clients send in passing (telemetry) left out.
        faults: what is to go wrong.
        tokens: the access tokens by what clients send.
        unrouted: requests that nothing answers; a test with any fails.
        errors: the server's own mistakes, and clients' that no status would show.
        uploaded_bytes: how much was uploaded to LFS.
        delay_s: how long every answer takes.
        page_size: how many rows a list has before the client must ask again.
        charges_for_spaces: whether creating a Gradio or Docker Space is answered with 402.
    """

    log: list[LogEntry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=seeded_tokens)
    unrouted: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    uploaded_bytes: int = 0
    delay_s: float = 0.0
    page_size: int = 5
    charges_for_spaces: bool = False
    url: str = ""
    cdn_url: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self._storage = tempfile.TemporaryDirectory(prefix="test-hub-")
        self._numbers = count()
        self._empty()

    def start(self, port: int = 0) -> "Hub":
        """Serve until the process ends, on a free port unless told."""
        self.url, self.cdn_url = start_servers(self, port)
        return self

    def clear(self) -> None:
        """Forget everything but the addresses."""
        with self.lock:
            for each in fields(self):
                if each.name not in ("url", "cdn_url", "lock"):
                    fresh = each.default if each.default is not MISSING else each.default_factory()
                    setattr(self, each.name, fresh)
            self._empty()

    def _empty(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.spaces: dict[str, Space] = {}
        for old in Path(self._storage.name).iterdir():
            shutil.rmtree(old)
        self.lfs = LfsStore(self._new_folder())

    def _new_folder(self) -> Path:
        return Path(self._storage.name, str(next(self._numbers)))

    def create(
        self, kind: str, repo_id: str, private: bool = False, sdk: str | None = None
    ) -> Repo:
        """Make a repo with the first commit that the Hub makes."""
        repo = Repo(kind, repo_id, GitRepo(self._new_folder()), private, sdk)
        self.repos[kind, repo_id] = repo
        owner, _, name = repo_id.partition("/")
        repo.begin(owner, FIRST_CARD.format(name=name, sdk=sdk) if kind == "spaces" else "")
        if kind == "spaces":
            repo.on_commit = lambda: self._build(repo)
        return repo

    def add_folder(self, kind: str, repo_id: str, folder: Path, private: bool = False) -> Repo:
        """Publish a folder's files as one commit; files of an earlier commit go."""
        with self.lock:
            sdk = "gradio" if kind == "spaces" else None
            repo = self.repos.get((kind, repo_id)) or self.create(kind, repo_id, private, sdk)
            attributes = repo.text(repo.sha, ".gitattributes")
            changes: dict[str, bytes | None] = {
                file.path: None for file in repo.files(repo.sha) if file.path != ".gitattributes"
            }
            for file in sorted(each for each in folder.rglob("*") if each.is_file()):
                path, content = file.relative_to(folder).as_posix(), file.read_bytes()
                if is_large(path, len(content), attributes):
                    content = self.lfs.add(repo.key, content).encode()
                changes[path] = content
            repo.commit(changes, f"Upload {folder.name}", repo_id.partition("/")[0])
            return repo

    def read_file(self, kind: str, repo_id: str, path: str, revision: str = "main") -> bytes:
        """What a repo has at a path, large or not."""
        repo = self.repos[kind, repo_id]
        file = repo.file(repo.git.resolve(revision), path)
        return self.lfs.read(file.etag) if file.is_large else repo.git.read(file.oid)

    def space(self, repo_id: str) -> Space:
        """The machine of a Space; may be prepared before the Space is created."""
        return self.spaces.setdefault(repo_id, Space(repo_id))

    def remove(self, repo: Repo) -> None:
        """Forget a repo and its machine."""
        del self.repos[repo.kind, repo.id]
        self.lfs.forget(repo.key)
        self.spaces.pop(repo.id if repo.kind == "spaces" else "", None)

    def token(self, request: Request) -> Token | None:
        """Who asks."""
        return find_token(self.tokens, request.headers)

    def is_visible(self, repo: Repo, token: Token | None) -> bool:
        """Whether a repo is there for a token."""
        return not repo.private or may_read(token, repo.kind, repo.id)

    def find(self, kind: str, repo_id: str, token: Token | None) -> Repo:
        """A repo that the token may read; to others it is not there."""
        repo = self.repos.get((kind, repo_id.removesuffix(".git")))
        if repo is None or not self.is_visible(repo, token):
            raise repo_not_found()
        return repo

    def repo_to_read(self, request: Request) -> Repo:
        """The repo that a path names."""
        kind = request.params.get("kind") or request.params["prefix"].rstrip("/") or "models"
        return self.find(kind, request.params["repo"], self.token(request))

    def repo_to_write(
        self, request: Request, refused: str = "You don't have write access to this repository"
    ) -> Repo:
        """The repo that a path names, if the asker may change it."""
        repo = self.repo_to_read(request)
        check_write(self.token(request), repo.kind, repo.id, refused)
        return repo

    def _build(self, repo: Repo) -> None:
        card = repo.card_data(repo.sha)
        repo.sdk = card.get("sdk", repo.sdk)
        paths = {file.path for file in repo.files(repo.sha)}
        self.space(repo.id).build(stages_of_files(card, paths), repo.sha)
