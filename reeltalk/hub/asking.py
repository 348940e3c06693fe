"""Whether the Space does what was published: follow its build, then hold its answers to account."""

from collections.abc import Mapping
from pathlib import Path

from reeltalk.hub.connection import SPACE_TOKEN, Connection
from reeltalk.hub.live_check import check_live, open_space, wait_for_model
from reeltalk.hub.receipts import read_receipts
from reeltalk.hub.repo_files import read_remote
from reeltalk.hub.space import MODEL_VARIABLES, follow_build, has_token
from reeltalk.model_folder import PUBLISHED_FILE, WEIGHTS_FILE, sha256_of
from reeltalk.terminal import say


def ask_space(
    connection: Connection, repo_id: str, revision: str, variables: Mapping[str, str], most_s: float
) -> None:
    """Wait until a Space runs, and compare its verdicts with the local model's; say what was found.

    Args:
        connection: the way to the Hub.
        repo_id: the Space.
        revision: the commit that it is to run.
        variables: its model variables.
        most_s: seconds that building may take, and loading the model after that.

    Raises:
        ReelTalkError: if it does not come up, or says something else.
    """
    host = follow_build(connection, repo_id, revision, most_s)
    pinned = variables[MODEL_VARIABLES["modern"]]
    model_id = pinned.partition("@")[0]
    if read_remote(connection, "model", model_id).private and not has_token(connection, repo_id):
        say(
            f"  not asked: {model_id} is private, and the Space has no token to read it with; "
            f"export {SPACE_TOKEN} (one that may only read) and publish again"
        )
        return
    token = connection.token if read_remote(connection, "space", repo_id).private else None
    folder = _folder_of(pinned)
    if folder is None:
        with open_space(host, token) as space:
            wait_for_model(space, pinned, most_s)
        say(f"  the Space answers with {pinned}; no local model is the same, to compare it with")
        return
    checked = check_live(host, folder, pinned, most_s, token)
    say(
        f"  the Space answers {checked.cases} edge cases as {folder} does (probabilities at most "
        f"{checked.apart:.4f} apart), with {checked.model}@{checked.revision[:8]}"
    )


def _folder_of(pinned: str) -> Path | None:
    """Find the local folder whose weights are those published as owner/name@revision."""
    for file in Path("models").glob(f"*/{PUBLISHED_FILE}"):
        weights = file.parent / WEIGHTS_FILE
        for receipt in read_receipts(file):
            if f"{receipt.repo_id}@{receipt.revision}" == pinned and weights.is_file():
                same = sha256_of(weights) == receipt.files.get(WEIGHTS_FILE)
                return file.parent if same else None
    return None
