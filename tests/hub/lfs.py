"""Large files: the pointers that git has of them, and the objects by their SHA-256."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)


@dataclass(frozen=True)
class Pointer:
    """What git stores instead of a large file."""

    sha256: str
    size: int

    def encode(self) -> bytes:
        """Write it the one way that git-lfs does."""
        return (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{self.sha256}\nsize {self.size}\n"
        ).encode()


def read_pointer(blob: bytes) -> Pointer | None:
    """Tell a pointer from a file."""
    match = _POINTER.fullmatch(blob) if len(blob) < 200 else None
    return Pointer(match[1].decode(), int(match[2])) if match else None


class LfsStore:
    """Objects in a folder; each repo has only those that were uploaded to it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._owners: set[tuple[str, str]] = set()

    def has(self, repo_key: str, sha256: str) -> bool:
        """Whether a repo may point to an object."""
        return (repo_key, sha256) in self._owners

    def add(self, repo_key: str, content: bytes) -> Pointer:
        """Keep an object."""
        pointer = Pointer(hashlib.sha256(content).hexdigest(), len(content))
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / pointer.sha256).write_bytes(content)
        self._owners.add((repo_key, pointer.sha256))
        return pointer

    def forget(self, repo_key: str) -> None:
        """Let a repo have no objects."""
        self._owners = {owner for owner in self._owners if owner[0] != repo_key}

    def read(self, sha256: str) -> bytes:
        """The content of an object."""
        return (self._folder / sha256).read_bytes()

    def size(self, sha256: str) -> int:
        """The size of an object in bytes."""
        return (self._folder / sha256).stat().st_size
