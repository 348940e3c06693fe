"""Looks after what is published: where it stands, whether it is whole, and the way back."""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from reeltalk.config import PublishConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub.connection import Connection, saying_what_was_done
from reeltalk.hub.live_check import check_live, open_space, wait_for_model
from reeltalk.hub.publishing import publish
from reeltalk.hub.receipts import Receipt, read_receipts, replace_receipts
from reeltalk.hub.release import Release, open_release, present
from reeltalk.hub.repo_files import RemoteRepo, read_remote
from reeltalk.hub.space import MODEL_VARIABLES, follow_build, read_variables, set_variables
from reeltalk.hub.targets import MODELS_DIR
from reeltalk.hub.upload_plan import UploadPlan, plan_upload
from reeltalk.model_folder import PUBLISHED_FILE, WEIGHTS_FILE, sha256_of
from reeltalk.terminal import say

_THE_HUBS_OWN = ".gitattributes"


def print_status(config: PublishConfig) -> None:
    """Print each receipt, and what the Hub holds now.

    Raises:
        ReelTalkError: if nothing was published from here, or the Hub does not answer.
    """
    release = open_release(config.access)
    for receipt in _newest(_receipt_files()).values():
        now = read_remote(release.connection, receipt.kind, receipt.repo_id)
        say(f"{receipt.kind:<8} {receipt.repo_id}@{receipt.revision[:8]} ({receipt.tag}), "
            f"published {receipt.time}: {_standing(receipt, now)}")  # fmt: skip
        if receipt.kind == "space" and now.sha is not None:
            connection = release.connection
            runtime = connection.ask(
                f"reading {receipt.repo_id}", connection.api.get_space_runtime, receipt.repo_id
            )
            say(f"         it is {runtime.stage} on {runtime.hardware}")


def verify(config: PublishConfig) -> None:
    """Hold every file on the Hub, and the Space's answers, against the receipts.

    Raises:
        ReelTalkError: naming the first thing that is not as it was published.
    """
    release = open_release(config.access)
    connection = release.connection
    newest = _newest(_receipt_files())
    for receipt in newest.values():
        now = read_remote(connection, receipt.kind, receipt.repo_id)
        if now.sha != receipt.revision:
            raise ReelTalkError(f"{receipt.repo_id}: {_standing(receipt, now)}")
        _verify_files(connection, receipt, now)
        say(f"  {receipt.repo_id}@{receipt.revision[:8]}: {len(receipt.files)} files as published")
    for receipt in newest.values():
        if receipt.kind == "space":
            _verify_space(release, receipt, config.wait_s)


def rollback(config: PublishConfig) -> None:
    """Undo the newest release: put each repo that it changed back to the receipt before.

    The history stays: what comes back comes in a commit of its own, and is not uploaded again.

    Raises:
        ReelTalkError: if there is nothing before, or someone else has published since.
    """
    release = open_release(config.access)
    files = _of_the_newest_release(_receipt_files())
    pairs = {file: read_receipts(file)[:2] for file in files}
    plans = {file: _plan_back(release, config, *pairs[file]) for file in files}
    if not present(release, [], list(plans.values())):
        return
    space: Receipt | None = None
    with saying_what_was_done(release.done):
        for file, plan in plans.items():
            before = pairs[file][1]
            if before.variables:
                set_variables(release.connection, before.repo_id, before.variables)
            published = publish(plan, release.connection)
            restored = replace(before, revision=published.sha)
            replace_receipts(file, [restored, *read_receipts(file)[2:]])
            was = before.tag or before.revision[:8]
            what = f"{plan.repo_id} is back at {was}, as {published.sha[:8]}"
            release.done.append(what)
            say(f"  {what}")
            space = restored if plan.kind == "space" else space
        if space is not None and not config.no_wait:
            _wait_for_space(release, space, config.wait_s)


def _receipt_files() -> list[Path]:
    """Find every published.json, models before the Space that reads them."""
    files = [
        *sorted(MODELS_DIR.glob(f"slang.{PUBLISHED_FILE}")),
        *sorted(MODELS_DIR.glob(f"*/{PUBLISHED_FILE}"), reverse=True),
        *sorted(MODELS_DIR.glob(f"space.{PUBLISHED_FILE}")),
    ]
    if not files:
        raise ReelTalkError(f"nothing was published from here: no {MODELS_DIR}/*/{PUBLISHED_FILE}")
    return files


def _newest(files: list[Path]) -> dict[Path, Receipt]:
    return {file: read_receipts(file)[0] for file in files}


def _of_the_newest_release(files: list[Path]) -> list[Path]:
    """Give the receipts of the repos that the newest release changed."""
    newest = _newest(files)
    tag = max(newest.values(), key=lambda receipt: receipt.time).tag
    return [file for file in files if newest[file].tag == tag]


def _standing(receipt: Receipt, now: RemoteRepo) -> str:
    if now.sha is None:
        return "the Hub has it no more, or this token may not see it"
    if now.sha != receipt.revision:
        return f"the Hub has moved on to {now.sha[:8]}, which was not published from here"
    return "as published, " + ("private" if now.private else "public")


def _verify_files(connection: Connection, receipt: Receipt, now: RemoteRepo) -> None:
    """Compare sha256 by sha256; what LFS does not keep is small, and is downloaded for it."""
    extra = {file.path for file in now.files} - set(receipt.files) - {_THE_HUBS_OWN}
    if extra:
        raise ReelTalkError(f"{receipt.repo_id}: {sorted(extra)[0]} was not published from here")
    with tempfile.TemporaryDirectory() as place:
        for path, sha256 in receipt.files.items():
            remote = now.find(path)
            if remote is None:
                raise ReelTalkError(f"{receipt.repo_id}: {path} is missing; publish again")
            found = remote.id if remote.is_lfs else _download(connection, receipt, path, place)
            if found != sha256:
                raise ReelTalkError(
                    f"{receipt.repo_id}: {path} is not what was published (sha256 {found[:12]}, "
                    f"not {sha256[:12]}); publish again"
                )


def _download(connection: Connection, receipt: Receipt, path: str, place: str) -> str:
    """Give the sha256 of a file as the Hub hands it out."""
    file = connection.ask(
        f"reading {path} of {receipt.repo_id}",
        connection.api.hf_hub_download,
        receipt.repo_id,
        path,
        repo_type=receipt.kind,
        revision=receipt.revision,
        local_dir=f"{place}/{hashlib.sha1(receipt.repo_id.encode()).hexdigest()}",
    )
    return sha256_of(Path(file))


def _verify_space(release: Release, receipt: Receipt, most_s: float) -> None:
    connection = release.connection
    found = read_variables(connection, receipt.repo_id)
    if found != receipt.variables:
        raise ReelTalkError(
            f"{receipt.repo_id}: its variables are {found}, and {receipt.variables} were published"
        )
    host = follow_build(connection, receipt.repo_id, most_s)
    private = read_remote(connection, "space", receipt.repo_id).private
    pinned = receipt.variables[MODEL_VARIABLES["modern"]]
    folder = _folder_of(pinned)
    if folder is None:
        _wait_for_space(release, receipt, most_s)
        say(f"  the Space answers with {pinned}; no local model is the same, so nothing to compare")
        return
    checked = check_live(host, folder, pinned, most_s, connection.token if private else None)
    say(f"  the Space answers {checked.cases} edge cases as {folder} does (at most "
        f"{checked.apart:.4f} apart)")  # fmt: skip


def _folder_of(pinned: str) -> Path | None:
    """Find the local folder whose weights are those published as owner/name@revision."""
    for file in MODELS_DIR.glob(f"*/{PUBLISHED_FILE}"):
        weights = file.parent / WEIGHTS_FILE
        for receipt in read_receipts(file):
            if f"{receipt.repo_id}@{receipt.revision}" == pinned and weights.is_file():
                same = sha256_of(weights) == receipt.files.get(WEIGHTS_FILE)
                return file.parent if same else None
    return None


def _wait_for_space(release: Release, receipt: Receipt, most_s: float) -> None:
    host = follow_build(release.connection, receipt.repo_id, most_s)
    private = read_remote(release.connection, "space", receipt.repo_id).private
    with open_space(host, release.connection.token if private else None) as space:
        wait_for_model(space, receipt.variables[MODEL_VARIABLES["modern"]], most_s)


def _plan_back(
    release: Release, config: PublishConfig, newest: Receipt, before: Receipt | None = None
) -> UploadPlan:
    if before is None:
        raise ReelTalkError(
            f"{newest.repo_id}: nothing was published before {newest.revision[:8]} "
            f"({newest.tag}); nothing was written"
        )
    connection = release.connection
    now = read_remote(connection, newest.kind, newest.repo_id)
    if release.account is not None and now.sha != newest.revision:
        raise ReelTalkError(f"{newest.repo_id}: {_standing(newest, now)}; nothing was written")
    then = read_remote(connection, newest.kind, newest.repo_id, before.revision)
    wanted = [file for file in then.files if file.path != _THE_HUBS_OWN]
    return plan_upload(newest.kind, newest.repo_id, wanted, now, config.access.public)
