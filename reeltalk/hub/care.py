"""Looks after what is published: where each repo stands, and whether it is whole."""

import tempfile
from pathlib import Path

from reeltalk.config import PublishConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub.asking import ask_space
from reeltalk.hub.connection import Connection
from reeltalk.hub.receipts import Receipt, read_receipts
from reeltalk.hub.refusals import NO_TOKEN
from reeltalk.hub.release import Release, open_release
from reeltalk.hub.repo_files import THE_HUBS_OWN, RemoteRepo, read_remote
from reeltalk.hub.space import read_variables
from reeltalk.hub.targets import MODELS_DIR
from reeltalk.model_folder import PUBLISHED_FILE, sha256_of
from reeltalk.terminal import say


def open_with_token(config: PublishConfig) -> Release:
    """Reach the Hub as whoever published: others do not see private repos.

    Raises:
        ReelTalkError: if there is no token, or it is no good.
    """
    release = open_release(config.access)
    if release.account is None:
        raise ReelTalkError(NO_TOKEN)
    return release


def receipt_files() -> list[Path]:
    """Find every published.json, models before the Space that reads them.

    Raises:
        ReelTalkError: if there is none.
    """
    files = [
        *sorted(MODELS_DIR.glob(f"slang.{PUBLISHED_FILE}")),
        *sorted(MODELS_DIR.glob(f"*/{PUBLISHED_FILE}"), reverse=True),
        *sorted(MODELS_DIR.glob(f"space.{PUBLISHED_FILE}")),
    ]
    if not files:
        raise ReelTalkError(f"nothing was published from here: no {MODELS_DIR}/*/{PUBLISHED_FILE}")
    return files


def print_status(config: PublishConfig) -> None:
    """Print each receipt, and what the Hub holds now.

    Raises:
        ReelTalkError: if nothing was published from here, or the Hub does not answer.
    """
    receipts = _newest()
    connection = open_with_token(config).connection
    for receipt in receipts:
        now = read_remote(connection, receipt.kind, receipt.repo_id)
        say(
            f"{receipt.kind:<8} {receipt.repo_id}@{receipt.revision[:8]} ({receipt.tag}), "
            f"published {receipt.time}: {standing(receipt.revision, now)}"
        )
        if receipt.kind == "space" and now.sha is not None:
            runtime = connection.ask(
                f"reading {receipt.repo_id}", connection.api.get_space_runtime, receipt.repo_id
            )
            say(f"         it is {runtime.stage} on {runtime.hardware or 'no hardware'}")


def verify(config: PublishConfig) -> None:
    """Hold every file on the Hub, and the Space's answers, against the receipts.

    Raises:
        ReelTalkError: naming the first thing that is not as it was published.
    """
    receipts = _newest()
    connection = open_with_token(config).connection
    for receipt in receipts:
        now = read_remote(connection, receipt.kind, receipt.repo_id)
        if now.sha != receipt.revision:
            raise ReelTalkError(f"{receipt.repo_id}: {standing(receipt.revision, now)}")
        _verify_files(connection, receipt, now)
        say(f"  {receipt.repo_id}@{receipt.revision[:8]}: {len(receipt.files)} files as published")
    for receipt in receipts:
        if receipt.kind == "space":
            _verify_space(connection, receipt, config.wait_s)


def standing(revision: str, now: RemoteRepo) -> str:
    """Word how what was published relates to what the Hub holds."""
    if now.sha is None:
        return "the Hub has it no more, or this token may not see it"
    if now.sha != revision:
        return f"the Hub has moved on to {now.sha[:8]}, which was not published from here"
    return "as published, " + ("private" if now.private else "public")


def _newest() -> list[Receipt]:
    return [read_receipts(file)[0] for file in receipt_files()]


def _verify_files(connection: Connection, receipt: Receipt, now: RemoteRepo) -> None:
    """Compare sha256 by sha256; what LFS does not keep is small, and is downloaded for it."""
    extra = {file.path for file in now.files} - set(receipt.files) - THE_HUBS_OWN
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
        local_dir=place,
    )
    return sha256_of(Path(file))


def _verify_space(connection: Connection, receipt: Receipt, most_s: float) -> None:
    found = read_variables(connection, receipt.repo_id)
    if found != receipt.variables:
        raise ReelTalkError(
            f"{receipt.repo_id}: its variables are {found}, and {receipt.variables} were published"
        )
    ask_space(connection, receipt.repo_id, receipt.revision, receipt.variables, most_s)
