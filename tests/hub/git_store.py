"""Real bare git repositories: commits, trees, branches, tags, and pull requests at refs/pr/N.

Written with dulwich, in this process: a commit takes a few milliseconds, where the git program
would be started once per object. Knows git alone, no LFS and no HTTP.
"""

import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dulwich.object_store import commit_tree_changes, iter_tree_contents
from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo

_FILE = 0o100644


class NoSuchRevision(Exception):
    """Nothing in the repository is called this."""


@dataclass(frozen=True)
class Node:
    """One file or folder of a tree."""

    path: str
    oid: str
    is_folder: bool


class GitRepo:
    """One bare repository in a folder; every commit is named by its sha."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._git = Repo.init_bare(folder, mkdir=True, default_branch=b"main")
        self._store = self._git.object_store

    def resolve(self, revision: str) -> str:
        """Find the commit of a branch, a tag, a full name such as refs/pr/1, or a sha."""
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            sha = self.refs("").get(name)
            if sha:
                return sha
        raw = revision.encode()
        if len(raw) == 40 and raw in self._store and isinstance(self._store[raw], Commit):
            return revision
        raise NoSuchRevision(revision)

    def refs(self, prefix: str) -> dict[str, str]:
        """Map the full names of refs to commits; a tag with a message to the commit it names."""
        found = {}
        for name in self._git.refs.allkeys():
            if name.startswith(b"refs/" + prefix.encode()):
                found[name.decode()] = self._git.get_peeled(name).decode()
        return found

    def set_ref(self, name: str, commit: str) -> None:
        """Point a branch or a pull request at a commit."""
        self._git.refs[name.encode()] = commit.encode()

    def delete_ref(self, name: str) -> None:
        """Forget a branch or a tag."""
        del self._git.refs[name.encode()]

    def tag(self, name: str, commit: str, message: str | None, author: str) -> None:
        """Name a commit; with a message, through an object of its own."""
        target = commit.encode()
        if message:
            tag = Tag()
            tag.name, tag.message = name.encode(), message.encode()
            tag.tagger = _identity(author)
            tag.tag_time, tag.tag_timezone = int(time.time()), 0
            tag.object = (Commit, target)
            self._store.add_object(tag)
            target = tag.id
        self._git.refs[f"refs/tags/{name}".encode()] = target

    def commit(
        self,
        ref: str,
        changes: dict[str, bytes | None],
        message: str,
        author: str,
        parent: str | None = None,
    ) -> str:
        """Write files (None deletes one) on top of a parent, if any, and move a ref there."""
        tree = Tree()
        if parent:
            tree = self._store[self._store[parent.encode()].tree]
        self._store.add_object(tree)
        entries = []
        for path, content in changes.items():
            if content is None:
                entries.append((path.encode(), None, None))
            else:
                blob = Blob.from_string(content)
                self._store.add_object(blob)
                entries.append((path.encode(), _FILE, blob.id))
        commit = Commit()
        commit.tree = commit_tree_changes(self._store, tree.id, entries)
        commit.parents = [parent.encode()] if parent else []
        commit.author = commit.committer = _identity(author)
        commit.author_time = commit.commit_time = int(time.time())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding, commit.message = b"UTF-8", message.encode()
        self._store.add_object(commit)
        self.set_ref(ref, commit.id.decode())
        return commit.id.decode()

    def nodes(self, commit: str) -> list[Node]:
        """Every file and folder of a commit, in git's order."""
        tree = self._store[commit.encode()].tree
        found = iter_tree_contents(self._store, tree, include_trees=True)
        return [
            Node(each.path.decode(), each.sha.decode(), stat.S_ISDIR(each.mode))
            for each in found
            if each.path
        ]

    def read(self, oid: str) -> bytes:
        """The content of a file by its blob."""
        return self._store[oid.encode()].data

    def history(self, commit: str) -> Iterator[Commit]:
        """A commit and its ancestors, newest first; the Hub's repos have no merges."""
        walker = self._store[commit.encode()]
        yield walker
        while walker.parents:
            walker = self._store[walker.parents[0]]
            yield walker

    def committed_at(self, commit: str) -> float:
        """When a commit was made, in seconds since 1970."""
        return self._store[commit.encode()].commit_time


def _identity(author: str) -> bytes:
    return f"{author} <{author}@users.noreply.huggingface.co>".encode()
