"""What publishing would change in one repo, worked out before anything is written. No network."""

from collections.abc import Sequence
from dataclasses import dataclass

from reeltalk.hub.repo_files import THE_HUBS_OWN, Kind, RemoteFile, RemoteRepo, WantedFile


@dataclass(frozen=True)
class UploadPlan:
    """The change that takes one repo from what the Hub has to what it is to hold.

    Attributes:
        kind: "model", "dataset" or "space".
        repo_id: owner/name.
        remote: the repo as the Hub has it; the commit is made on top of that and nothing else.
        wanted: every file that it is to hold.
        public: whether all the world is to see it; False leaves a repo that exists as it is.
    """

    kind: Kind
    repo_id: str
    remote: RemoteRepo
    wanted: tuple[WantedFile, ...]
    public: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the repo has to be created."""
        return self.remote.sha is None

    @property
    def added(self) -> list[WantedFile]:
        """Files that the Hub does not have."""
        return [file for file in self.wanted if self.remote.find(file.path) is None]

    @property
    def changed(self) -> list[WantedFile]:
        """Files that the Hub has otherwise."""
        pairs = [(file, self.remote.find(file.path)) for file in self.wanted]
        return [file for file, remote in pairs if remote is not None and not file.is_at(remote)]

    @property
    def deleted(self) -> list[RemoteFile]:
        """Files that the Hub has and that are not wanted any more, such as renamed ones."""
        keep = {file.path for file in self.wanted} | THE_HUBS_OWN
        return [file for file in self.remote.files if file.path not in keep]

    @property
    def changes_files(self) -> bool:
        """Whether a commit is needed."""
        return bool(self.added or self.changed or self.deleted)

    @property
    def becomes_public(self) -> bool:
        """Whether a repo that only its owner sees is to be shown to all the world."""
        return self.public and self.remote.private is not False

    def is_done_in(self, remote: RemoteRepo) -> bool:
        """Tell whether a state of the repo is the one that this plan leads to."""
        after = UploadPlan(self.kind, self.repo_id, remote, self.wanted)
        return remote.sha is not None and not after.changes_files

    def summary(self) -> str:
        """Word what the commit does: its message, and a line of the plan."""
        if not self.changes_files:
            return "nothing to change"
        counts = [
            f"{word} {len(files)} file{'s' if len(files) > 1 else ''}"
            for word, files in (
                ("add", self.added),
                ("change", self.changed),
                ("delete", self.deleted),
            )
            if files
        ]
        return ", ".join(counts)


def plan_upload(
    kind: Kind,
    repo_id: str,
    wanted: Sequence[WantedFile],
    remote: RemoteRepo,
    public: bool = False,
) -> UploadPlan:
    """Work out what takes a repo to `wanted`.

    Raises:
        ValueError: if two files have one path.
    """
    paths = [file.path for file in wanted]
    if len(set(paths)) < len(paths):
        raise ValueError(f"{repo_id}: two files have one path among {sorted(paths)}")
    return UploadPlan(kind, repo_id, remote, tuple(sorted(wanted, key=lambda f: f.path)), public)


def describe_plan(plan: UploadPlan, compared: bool = True) -> list[str]:
    """Lay a plan out as lines: the repo, then every file that changes with its size.

    A plan that was not `compared` with the Hub, for want of a token, tells only what goes up.
    """
    if not compared:
        seen = "not compared: no token"
    elif plan.is_new:
        seen = f"new, {'public' if plan.public else 'private'}"
    elif plan.becomes_public:
        seen = "becomes public"
    else:
        seen = "private" if plan.remote.private else "public"
    goes_up = sum(file.size for file in [*plan.added, *plan.changed])
    size = f", {_size(goes_up)}" if goes_up else ""
    lines = [f"{plan.kind:<8} {plan.repo_id}  ({seen}): {plan.summary()}{size}"]
    rows = [("add", file.path, file.size) for file in plan.added]
    rows += [("change", file.path, file.size) for file in plan.changed]
    rows += [("delete", file.path, file.size) for file in plan.deleted]
    width = max((len(path) for _, path, _ in rows), default=0)
    lines += [f"    {word:<7} {path:<{width}} {_size(size):>9}" for word, path, size in rows]
    return lines


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e3:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"
