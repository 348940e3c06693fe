"""A release: what is checked and planned before the first write, carried out, and written down."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from huggingface_hub import RepoCard

from reeltalk.config import HubAccess
from reeltalk.errors import ReelTalkError
from reeltalk.hub.account import Account, check_rights, read_account
from reeltalk.hub.connection import Connection
from reeltalk.hub.folder_check import refuse_secrets
from reeltalk.hub.publishing import Published, publish
from reeltalk.hub.receipts import keep_receipt, make_receipt
from reeltalk.hub.refusals import NO_TOKEN
from reeltalk.hub.release_log import read_releases
from reeltalk.hub.repo_files import CARD_FILE, LocalFile, RemoteRepo, read_remote
from reeltalk.hub.targets import NOBODY, Target
from reeltalk.hub.upload_plan import UploadPlan, describe_plan, plan_upload
from reeltalk.terminal import say

_RELEASE_TAG = r"r(\d+)"


@dataclass
class Release:
    """Targets on their way to the Hub.

    Attributes:
        access: how the Hub is written to.
        connection: the way there.
        account: whose token it is; None without a token.
        tag: the release's tag; "" until it is known.
        done: what was written, in words, for the case that the rest is not.
        tags: the tag of each (repo, commit) that has one.
    """

    access: HubAccess
    connection: Connection
    account: Account | None
    tag: str = ""
    done: list[str] = field(default_factory=list)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.account is not None and not self.access.dry_run

    @property
    def owner(self) -> str:
        """The owner of repos that are not named otherwise."""
        return self.access.namespace or (self.account.name if self.account else NOBODY)


def open_release(access: HubAccess, tag: str | None = None) -> Release:
    """Reach the Hub and learn whose token it is.

    Raises:
        ReelTalkError: if the Hub does not answer or the token is no good.
    """
    connection = Connection(access.timeout_s, access.patience_s)
    account = read_account(connection) if connection.token else None
    return Release(access, connection, account, tag or "")


def plan_target(release: Release, target: Target) -> UploadPlan:
    """Compare a target with what the Hub has.

    Raises:
        ReelTalkError: if one of its files holds something like a secret.
    """
    for file in target.files:
        refuse_secrets(file, release.connection.secrets)
    remote = RemoteRepo()
    if release.account is not None:
        remote = read_remote(release.connection, target.kind, target.repo_id)
    return plan_upload(target.kind, target.repo_id, target.files, remote, release.access.public)


def present(
    release: Release,
    targets: Sequence[Target],
    plans: Sequence[UploadPlan],
    create_pr: bool = False,
    settings: Sequence[str] = (),
) -> bool:
    """Print the plan, with the lines of the Space's settings; tell whether it is to be carried out.

    Raises:
        ReelTalkError: if there is a token and it may not write what is planned.
    """
    if release.account is not None:
        whose = f"as {release.account.name} (token {release.account.token_name!r})"
    else:
        whose = "without a token"
    say(f"plan, {whose}, for {release.connection.endpoint}:")
    for plan in plans:
        for line in describe_plan(plan, compared=release.account is not None):
            say(f"  {line}")
    for line in settings:
        say(f"  {line}")
    for note in dict.fromkeys(note for target in targets for note in target.notes):
        say(f"  note: {note}")
    if release.account is not None:
        check_rights(release.connection, release.account, plans, create_pr)
        for plan in plans:
            _check_card(release.connection, plan)
    if release.access.dry_run:
        say("dry run: nothing was written" + ("" if release.account else f"; {NO_TOKEN}"))
    elif release.account is None:
        raise ReelTalkError(f"nothing was written: {NO_TOKEN}")
    return release.writes


def carry_out(
    release: Release,
    target: Target,
    plan: UploadPlan,
    create_pr: bool = False,
    variables: dict[str, str] | None = None,
    token_mark: str = "",
) -> Published:
    """Publish one target, tag it and keep its receipt; say what was done."""
    published = publish(plan, release.connection, create_pr)
    if published.pull_request:
        what = f"{plan.repo_id}: pull request {published.pull_request}"
    else:
        tag = _tag(release, published)
        receipt = make_receipt(published, release.connection.endpoint, tag, variables, token_mark)
        keep_receipt(target.receipts, receipt)
        at = f"{published.sha[:8]} ({tag})"
        what = f"{plan.repo_id} is at {at}"
        if not published.committed:
            what = f"{plan.repo_id}: nothing to change, no commit; it is at {at}"
    release.done.append(what)
    say(f"  {what}")
    return published


def choose_tag(release: Release, plans: Sequence[UploadPlan]) -> None:
    """Settle the release's tag: the one asked for, or the number after the highest anywhere.

    A release that was interrupted goes on under its own tag.

    Raises:
        ReelTalkError: if a tag was asked for that one of the repos has.
    """
    logged = max([0, *_numbers(entry.tag for entry in read_releases())])
    numbers, changing = [logged], [logged]
    for plan in plans:
        if plan.is_new:
            continue
        refs = release.connection.ask(
            f"reading {plan.repo_id}'s tags",
            release.connection.api.list_repo_refs,
            plan.repo_id,
            repo_type=plan.kind,
        )
        names = [ref.name for ref in refs.tags]
        release.tags |= {(plan.repo_id, ref.target_commit): ref.name for ref in refs.tags}
        if release.tag and release.tag in names and plan.changes_files:
            raise ReelTalkError(
                f"{plan.repo_id} has a tag {release.tag} already; name another with --tag; nothing "
                "was written"
            )
        numbers += _numbers(names)
        if plan.changes_files:
            changing += _numbers(names)
    # A number that stands only on repos that are as planned, and in no log, is of a release
    # that did not come to its end.
    is_unfinished = max(numbers) > max(changing)
    release.tag = release.tag or f"r{max(numbers) + (not is_unfinished)}"


def _numbers(tags: Iterable[str]) -> list[int]:
    found = (re.fullmatch(_RELEASE_TAG, tag) for tag in tags)
    return [int(match[1]) for match in found if match]


def _check_card(connection: Connection, plan: UploadPlan) -> None:
    """Have the Hub look at a card before anything is written: a bad one would stop the commit."""
    for file in [*plan.added, *plan.changed]:
        if file.path == CARD_FILE and isinstance(file, LocalFile):
            card = RepoCard(file.read().decode("utf-8"))
            doing = f"checking the card of {plan.repo_id}"
            connection.ask(doing, card.validate, repo_type=plan.kind)


def _tag(release: Release, published: Published) -> str:
    """Put the release's tag on a commit that has none; give the tag that it has."""
    plan, connection = published.plan, release.connection
    known = release.tags.get((plan.repo_id, published.sha))
    if known:
        return known
    connection.ask(
        f"tagging {plan.repo_id}",
        connection.api.create_tag,
        plan.repo_id,
        tag=release.tag,
        revision=published.sha,
        repo_type=plan.kind,
        exist_ok=True,
    )
    return release.tag
