"""Carries an upload plan out: one commit for each repo, made once, whole or not at all."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete

from reeltalk.errors import ReelTalkError
from reeltalk.hub.connection import Connection, UnclearOutcomeError
from reeltalk.hub.release_log import RepoState
from reeltalk.hub.repo_files import (
    CARD_FILE,
    THE_HUBS_OWN,
    LocalFile,
    RemoteRepo,
    read_remote,
)
from reeltalk.hub.upload_plan import UploadPlan

_SDK = "gradio"
_Operation = CommitOperationAdd | CommitOperationCopy | CommitOperationDelete


@dataclass(frozen=True)
class Published:
    """Where a plan has led.

    Attributes:
        plan: the plan.
        sha: the commit that holds what was wanted; with a pull request, that one's.
        committed: False if the Hub had it all before.
        pull_request: its page, where one was asked for.
    """

    plan: UploadPlan
    sha: str
    committed: bool
    pull_request: str = ""

    @property
    def state(self) -> RepoState:
        """What the release log keeps of it."""
        return RepoState(self.plan.kind, self.plan.repo_id, self.sha)

    def url(self, endpoint: str) -> str:
        """Give the repo's page."""
        prefix = "" if self.plan.kind == "model" else f"{self.plan.kind}s/"
        return f"{endpoint}/{prefix}{self.plan.repo_id}"


def publish(plan: UploadPlan, connection: Connection, create_pr: bool = False) -> Published:
    """Bring one repo to what the plan wants.

    Creates the repo where there is none, private; adds one commit on top of the very state that
    was planned on; shows it to the world last, if that was asked for. After a failure that leaves
    open whether the commit was made, the repo is read again and compared before another attempt.

    Raises:
        ReelTalkError: if the Hub refuses, stays away, or someone else has written meanwhile.
    """
    plan = create_missing(plan, connection)
    if not plan.changes_files:
        published = Published(plan, str(plan.remote.sha), committed=False)
    elif create_pr:
        published = _open_pull_request(plan, connection)
    else:
        published = _commit(plan, connection, _find_commit)
    if plan.becomes_public and not create_pr:
        connection.ask(
            f"making {plan.repo_id} public",
            connection.api.update_repo_settings,
            plan.repo_id,
            repo_type=plan.kind,
            private=False,
        )
    return published


def create_missing(plan: UploadPlan, connection: Connection) -> UploadPlan:
    """Create the plan's repo where there is none, private; give the plan on top of it.

    Raises:
        ReelTalkError: if the Hub refuses, or someone else has filled the repo meanwhile.
    """
    if not plan.is_new:
        return plan
    connection.ask(
        f"creating {plan.repo_id}",
        connection.api.create_repo,
        plan.repo_id,
        repo_type=plan.kind,
        private=True,
        exist_ok=True,
        space_sdk=_SDK if plan.kind == "space" else None,
    )
    remote = read_remote(connection, plan.kind, plan.repo_id)
    if remote.sha is None:
        raise ReelTalkError(f"{plan.repo_id} was created and cannot be read; is the name taken?")
    if any(file.path not in {*THE_HUBS_OWN, CARD_FILE} for file in remote.files):
        # It was made, and filled, between the plan and now.
        raise _someone_else(plan, remote)
    return replace(plan, remote=remote)


def check_unmoved(plan: UploadPlan, connection: Connection) -> None:
    """Tell, before anything but a commit is written, that main is what was planned on.

    Raises:
        ReelTalkError: if someone else has written meanwhile.
    """
    now = read_remote(connection, plan.kind, plan.repo_id)
    if now.sha != plan.remote.sha:
        raise _someone_else(plan, now)


def _commit(
    plan: UploadPlan,
    connection: Connection,
    find: Callable[[UploadPlan, Connection], Published | None],
    create_pr: bool = False,
) -> Published:
    """Make the plan's commit exactly once; after a lost answer, `find` looks for it."""
    doing = f"committing to {plan.repo_id}"
    for attempt in itertools.count():
        try:
            commit = connection.ask_once(
                doing,
                connection.api.create_commit,
                plan.repo_id,
                _operations(plan),
                commit_message=_message(plan),
                repo_type=plan.kind,
                parent_commit=plan.remote.sha,
                create_pr=create_pr,
            )
            page = str(commit.pr_url) if create_pr else ""
            return Published(plan, commit.oid, committed=True, pull_request=page)
        except UnclearOutcomeError as unclear:
            found = find(plan, connection)
            if found is not None:
                return found
            connection.wait(doing, unclear, attempt)
    raise AssertionError


def _find_commit(plan: UploadPlan, connection: Connection) -> Published | None:
    """Tell whether main is what the plan leads to; refuse to go on if someone else moved it."""
    now = read_remote(connection, plan.kind, plan.repo_id)
    if plan.is_done_in(now):
        return Published(plan, str(now.sha), committed=True)
    if now.sha != plan.remote.sha:
        raise _someone_else(plan, now)
    return None


def _open_pull_request(plan: UploadPlan, connection: Connection) -> Published:
    """Open a pull request with the plan's change, unless an open one has it."""
    found = _find_pull_request(plan, connection)
    if found is not None:
        return found
    additions = [part for part in _operations(plan) if isinstance(part, CommitOperationAdd)]
    connection.ask(
        f"uploading to {plan.repo_id}",
        connection.api.preupload_lfs_files,
        plan.repo_id,
        additions,
        repo_type=plan.kind,
        create_pr=True,
    )
    return _commit(plan, connection, _find_pull_request, create_pr=True)


def _find_pull_request(plan: UploadPlan, connection: Connection) -> Published | None:
    """Find an open pull request whose files are the plan's."""
    found = connection.ask(
        f"reading the pull requests of {plan.repo_id}",
        lambda: list(
            connection.api.get_repo_discussions(
                plan.repo_id,
                repo_type=plan.kind,
                discussion_type="pull_request",
                discussion_status="open",
            )
        ),
    )
    for one in found:
        there = read_remote(connection, plan.kind, plan.repo_id, f"refs/pr/{one.num}")
        if one.title == _message(plan) and plan.is_done_in(there):
            return Published(plan, str(there.sha), committed=True, pull_request=one.url)
    return None


def _operations(plan: UploadPlan) -> list[_Operation]:
    """List the commit's parts; a file that the Hub has at another revision is not uploaded."""
    operations: list[_Operation] = [CommitOperationDelete(file.path) for file in plan.deleted]
    for file in [*plan.added, *plan.changed]:
        if isinstance(file, LocalFile):
            operations.append(CommitOperationAdd(file.path, file.content))
        else:
            operations.append(CommitOperationCopy(file.path, file.path, src_revision=file.revision))
    return operations


def _message(plan: UploadPlan) -> str:
    summary = plan.summary()
    return summary[0].upper() + summary[1:]


def _someone_else(plan: UploadPlan, now: RemoteRepo) -> ReelTalkError:
    return ReelTalkError(
        f"{plan.repo_id}: someone else published {str(now.sha)[:8]} meanwhile; no file of this run "
        "was written there, and nothing of theirs was lost; look at it, then run the command again"
    )
