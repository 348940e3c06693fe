"""The files of a repo, here and on the Hub, told apart by the ids that git and LFS give them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile

from reeltalk.hub.connection import Connection

Kind = Literal["model", "dataset", "space"]

CARD_FILE = "README.md"
THE_HUBS_OWN = frozenset({".gitattributes"})
"""What the Hub itself puts into every repo."""

_CHUNK = 1 << 20


@dataclass(frozen=True)
class LocalFile:
    """A file that a repo is to hold.

    Attributes:
        path: its path in the repo, with slashes.
        content: its bytes, or the file that holds them.
    """

    path: str
    content: Path | bytes

    @cached_property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """The id that LFS knows it by."""
        return self._hash(hashlib.sha256())

    @cached_property
    def git_id(self) -> str:
        """The id that git knows it by: sha1 over a header and the bytes."""
        return self._hash(hashlib.sha1(b"blob %d\0" % self.size))

    def read(self) -> bytes:
        """Give its bytes."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    def is_at(self, remote: "RemoteFile | None") -> bool:
        """Tell whether the Hub has these very bytes there."""
        if remote is None or remote.size != self.size:
            return False
        return remote.id == (self.sha256 if remote.is_lfs else self.git_id)

    def _hash(self, digest: "hashlib._Hash") -> str:
        if isinstance(self.content, bytes):
            digest.update(self.content)
            return digest.hexdigest()
        with self.content.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repo on the Hub.

    Attributes:
        path: its path in the repo.
        size: bytes.
        id: sha256 of an LFS file; of any other, git's id.
        is_lfs: whether LFS keeps it.
        revision: the commit that it was seen at.
    """

    path: str
    size: int
    id: str
    is_lfs: bool
    revision: str

    def is_at(self, remote: "RemoteFile | None") -> bool:
        """Tell whether the Hub has these very bytes there."""
        return remote is not None and remote.id == self.id


@dataclass(frozen=True)
class RemoteRepo:
    """A repo as the Hub has it at one commit.

    Attributes:
        sha: the commit; None where there is no such repo.
        private: whether only its owner sees it; None where there is no such repo.
        files: its files by path.
    """

    sha: str | None = None
    private: bool | None = None
    files: tuple[RemoteFile, ...] = ()

    def find(self, path: str) -> RemoteFile | None:
        """Give the file at a path."""
        return next((file for file in self.files if file.path == path), None)


WantedFile = LocalFile | RemoteFile
"""What a repo is to hold: a file from here, or one that the Hub has at another revision."""


def read_remote(
    connection: Connection, kind: Kind, repo_id: str, revision: str = "main"
) -> RemoteRepo:
    """Read what a repo holds at a revision, in one consistent state."""
    return connection.ask(
        f"reading {repo_id}", _read_remote, connection.api, kind, repo_id, revision
    )


def _read_remote(api: HfApi, kind: Kind, repo_id: str, revision: str) -> RemoteRepo:
    try:
        info = api.repo_info(repo_id, repo_type=kind, revision=revision)
    except RepositoryNotFoundError as error:
        if error.response.status_code == 401:
            raise
        return RemoteRepo()
    tree = api.list_repo_tree(repo_id, repo_type=kind, revision=info.sha, recursive=True)
    files = [_remote_file(entry, str(info.sha)) for entry in tree if isinstance(entry, RepoFile)]
    return RemoteRepo(info.sha, bool(info.private), tuple(files))


def _remote_file(entry: RepoFile, revision: str) -> RemoteFile:
    name = entry.lfs.sha256 if entry.lfs else entry.blob_id
    return RemoteFile(entry.path, entry.size, name, entry.lfs is not None, revision)
