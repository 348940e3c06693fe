"""A repo of the Hub: its git repository, its files as the API shows them, and its discussions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.hub.cards import read_front_matter
from tests.hub.git_store import GitRepo, Node, NoSuchRevision
from tests.hub.lfs import read_pointer
from tests.hub.messages import entry_not_found, revision_not_found
from tests.hub.path_rules import GITATTRIBUTES

if TYPE_CHECKING:
    from tests.hub.discussions import Discussion

TYPES = {"model": "models", "dataset": "datasets", "space": "spaces"}


@dataclass(frozen=True)
class File:
    """A file of a commit: `size` and `etag` are those of the large file, if it is one."""

    path: str
    oid: str
    size: int
    etag: str
    pointer_size: int = 0

    @property
    def is_large(self) -> bool:
        """Whether git has a pointer only."""
        return bool(self.pointer_size)

    def describe(self) -> dict[str, Any]:
        """The file as the tree shows it."""
        shown = {"type": "file", "oid": self.oid, "size": self.size, "path": self.path}
        if self.is_large:
            lfs = {"oid": self.etag, "size": self.size, "pointerSize": self.pointer_size}
            return shown | {"lfs": lfs}
        return shown


@dataclass
class Repo:
    """One model, dataset or Space; the files of a gated one are for its owners only.

    `on_commit` is called after every change of main.
    """

    kind: str
    id: str
    git: GitRepo
    private: bool = False
    gated: bool = False
    sdk: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    discussions: list["Discussion"] = field(default_factory=list)
    on_commit: Callable[[], None] = lambda: None

    @property
    def key(self) -> str:
        """The repo among all: kind and id."""
        return f"{self.kind}/{self.id}"

    @property
    def url_path(self) -> str:
        """The path of its page."""
        return self.id if self.kind == "models" else self.key

    @property
    def sha(self) -> str:
        """The commit of main."""
        return self.git.resolve("main")

    def resolve(self, revision: str) -> str:
        """The commit of a revision, or a 404."""
        try:
            return self.git.resolve(revision)
        except NoSuchRevision as error:
            raise revision_not_found(revision) from error

    def commit(
        self,
        changes: dict[str, bytes | None],
        message: str,
        author: str,
        ref: str = "refs/heads/main",
        parent: str | None = None,
    ) -> str:
        """Commit on top of a ref, or of a parent."""
        parent = parent or self.git.refs("").get(ref)
        sha = self.git.commit(ref, changes, message, author, parent)
        if ref == "refs/heads/main":
            self.on_commit()
        return sha

    def begin(self, author: str, readme: str = "") -> None:
        """Make the first commit as the Hub does."""
        files = {".gitattributes": GITATTRIBUTES.encode()}
        if readme:
            files["README.md"] = readme.encode()
        self.commit(files, "initial commit", author)

    def files(self, commit: str) -> list[File]:
        """Every file of a commit."""
        return [self.file_of(node) for node in self.git.nodes(commit) if not node.is_folder]

    def file_of(self, node: Node) -> File:
        """Look through a pointer at the large file."""
        blob = self.git.read(node.oid)
        pointer = read_pointer(blob)
        if pointer:
            return File(node.path, node.oid, pointer.size, pointer.sha256, len(blob))
        return File(node.path, node.oid, len(blob), node.oid)

    def file(self, commit: str, path: str) -> File:
        """One file of a commit, or a 404."""
        for node in self.git.nodes(commit):
            if node.path == path and not node.is_folder:
                return self.file_of(node)
        raise entry_not_found(path, commit)

    def text(self, commit: str, path: str) -> str:
        """A small text file of a commit; empty if there is none."""
        for node in self.git.nodes(commit):
            if node.path == path and not node.is_folder:
                return self.git.read(node.oid).decode()
        return ""

    def card_data(self, commit: str) -> dict[str, Any]:
        """The front matter of README.md; empty where there is none to read."""
        return read_front_matter(self.text(commit, "README.md")) or {}


def timestamp(moment: datetime | float) -> str:
    """A moment as the Hub writes it."""
    if isinstance(moment, float | int):
        moment = datetime.fromtimestamp(moment, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
