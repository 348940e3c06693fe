"""The way back: every repo, and each Space's variables, to the release before the newest.

The newest release is marked as undone first and leaves the log last: an interrupted rollback
is finished by the same command. A repo that holds the wanted files already is left as it is.
"""

from dataclasses import replace

from reeltalk.config import PublishConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub.asking import ask_space
from reeltalk.hub.care import open_with_token, receipt_files, standing
from reeltalk.hub.connection import saying_what_was_done
from reeltalk.hub.publishing import Published, publish
from reeltalk.hub.receipts import Receipt, keep_receipt, make_receipt, read_receipts
from reeltalk.hub.release import Release, present
from reeltalk.hub.release_log import (
    RELEASES_FILE,
    ReleaseEntry,
    RepoState,
    read_releases,
    write_releases,
)
from reeltalk.hub.repo_files import THE_HUBS_OWN, read_remote
from reeltalk.hub.space import set_variables
from reeltalk.hub.upload_plan import UploadPlan, plan_upload
from reeltalk.model_folder import PUBLISHED_FILE
from reeltalk.terminal import say


def rollback(config: PublishConfig) -> None:
    """Undo the newest release.

    What comes back comes in commits of its own, and is not uploaded again. A repo that the newest
    release published for the first time stays as it is.

    Raises:
        ReelTalkError: if there is nothing before, a repo is gone, or someone else has published
            since.
    """
    heads = _newest_receipts()
    entries = _with_what_was_interrupted(read_releases(), heads)
    if len(entries) < 2:
        raise ReelTalkError("nothing was published before the newest release; nothing was written")
    release = open_with_token(config)
    newest, before = entries[:2]
    plans = [_plan_back(release, repo, heads) for repo in before.repos]
    if not present(release, [], plans):
        return
    with saying_what_was_done(release.done):
        write_releases([replace(newest, undone=True), *entries[1:]])
        restored = _go_back(release, plans, before)
        write_releases([restored, *entries[2:]])
    for repo in restored.repos:
        if repo.kind == "space" and not config.no_wait:
            ask_space(
                release.connection, repo.repo_id, repo.revision, repo.variables, config.wait_s
            )


def _newest_receipts() -> dict[str, Receipt]:
    """Give the newest receipt of each repo; one file has those of every name that was used."""
    heads: dict[str, Receipt] = {}
    for file in receipt_files():
        for receipt in read_receipts(file):
            heads.setdefault(receipt.repo_id, receipt)
    return heads


def _with_what_was_interrupted(
    entries: list[ReleaseEntry], heads: dict[str, Receipt]
) -> list[ReleaseEntry]:
    """Put a release that was never finished before the others: it is what is to be undone then.

    A repo that the newest entry does not name tells nothing: a rollback leaves it where it is.
    """
    states = [
        RepoState(head.kind, head.repo_id, head.revision, head.variables) for head in heads.values()
    ]
    if not entries or entries[0].undone:
        return entries
    at = {repo.repo_id: repo.revision for repo in entries[0].repos}
    if any(at.get(state.repo_id, state.revision) != state.revision for state in states):
        return [ReleaseEntry("unfinished", tuple(states)), *entries]
    return entries


def _plan_back(release: Release, repo: RepoState, heads: dict[str, Receipt]) -> UploadPlan:
    """Plan the way of one repo; its head must be ours, or be there already."""
    connection = release.connection
    head = heads.get(repo.repo_id)
    if head is None:
        raise ReelTalkError(
            f"{repo.repo_id}: {RELEASES_FILE} names it, and no {PUBLISHED_FILE} has its receipt; "
            "put the receipts back, or publish again; nothing was written"
        )
    now = read_remote(connection, repo.kind, repo.repo_id)
    if now.sha is None:
        raise ReelTalkError(
            f"{repo.repo_id}: {standing(head.revision, now)}, and there is no way back without "
            "its old commits; use a token that sees it, or publish again; nothing was written"
        )
    then = read_remote(connection, repo.kind, repo.repo_id, repo.revision)
    wanted = [file for file in then.files if file.path not in THE_HUBS_OWN]
    plan = plan_upload(repo.kind, repo.repo_id, wanted, now)
    if plan.changes_files and now.sha != head.revision:
        raise ReelTalkError(
            f"{repo.repo_id}: {standing(head.revision, now)}; nothing was written by this run"
        )
    return plan


def _go_back(release: Release, plans: list[UploadPlan], before: ReleaseEntry) -> ReleaseEntry:
    """Carry the plans out; give the entry of what the Hub holds then."""
    states = []
    for plan, repo in zip(plans, before.repos, strict=True):
        if repo.kind == "space":
            set_variables(release.connection, repo.repo_id, repo.variables)
        published = publish(plan, release.connection)
        states.append(replace(repo, revision=published.sha))
        _keep_receipt(release, published, repo)
        release.done.append(f"{plan.repo_id} is back at {before.tag}, as {published.sha[:8]}")
        say(f"  {release.done[-1]}")
    return replace(before, repos=tuple(states))


def _keep_receipt(release: Release, published: Published, before: RepoState) -> None:
    """Write a receipt like the one of then, of the commit of now."""
    for file in receipt_files():
        for receipt in read_receipts(file):
            if (receipt.repo_id, receipt.revision) == (before.repo_id, before.revision):
                now = make_receipt(published, release.connection.endpoint, receipt.tag)
                settings = before.variables
                back = replace(receipt, revision=now.revision, time=now.time, variables=settings)
                keep_receipt(file, back)
                return
