"""The Space: its files with their front matter completed, its settings, and its build."""

import time
from dataclasses import dataclass

from huggingface_hub import SpaceCard, SpaceCardData, SpaceRuntime
from reeltalk_inference.engine import FP32_FILE, INT8_FILE

from reeltalk.errors import ReelTalkError
from reeltalk.hub.connection import Connection
from reeltalk.hub.repo_files import CARD_FILE, LocalFile
from reeltalk.model_folder import CONFIG_FILE, METRICS_FILE, TOKENIZER_FILE
from reeltalk.terminal import say

MODEL_VARIABLES = {"modern": "MODERN_MODEL", "standard": "STANDARD_MODEL"}
"""The Space's variable that names the model of each stage, as owner/name@revision."""

TOKEN_SECRET = "HF_TOKEN"  # noqa: S105
"""The Space's secret that private models are read with."""

FEEDBACK_VARIABLE = "FEEDBACK_REPO"
"""The Space's variable that names the dataset which visitors' feedback goes to."""

_OURS = {*MODEL_VARIABLES.values(), FEEDBACK_VARIABLE}
_AT_WORK = {"BUILDING", "RUNNING_BUILDING", "APP_STARTING", "RUNNING_APP_STARTING"}
_ASLEEP = ("SLEEPING", "STOPPED")
_BETWEEN_LOOKS_S = 3.0
_STALE_S = 30.0
_LOG_LINES = 30


@dataclass(frozen=True)
class SpaceModel:
    """A model that the Space reads with.

    Attributes:
        stage: "modern" or "standard".
        repo_id: owner/name.
        revision: the commit that it is pinned to.
        has_int8: whether its folder has the int8 file, which is the one that is read then.
        private: whether the Space's build, which has no token, cannot read it.
    """

    stage: str
    repo_id: str
    revision: str
    has_int8: bool
    private: bool

    @property
    def pinned(self) -> str:
        """Give owner/name@revision."""
        return f"{self.repo_id}@{self.revision}"


def wire_space(
    files: tuple[LocalFile, ...], models: list[SpaceModel], datasets: list[str]
) -> tuple[LocalFile, ...]:
    """Complete the front matter of the Space's README.md with the models that it reads with.

    Public models are put into the Space's image when it is built (`preload_from_hub`), so that a
    start needs no download; the build has no token, so that private ones cannot be.
    """
    readme = next(file for file in files if file.path == CARD_FILE)
    card = SpaceCard(readme.read().decode("utf-8"))
    front_matter = card.data.to_dict() | {"models": [model.repo_id for model in models]}
    if datasets:
        front_matter["datasets"] = datasets
    preloaded = [
        f"{model.repo_id} {','.join(_files_read(model))} {model.revision}"
        for model in models
        if not model.private
    ]
    if preloaded:
        front_matter["preload_from_hub"] = preloaded
    card.data = SpaceCardData(**front_matter)
    wired = LocalFile(CARD_FILE, str(card).encode("utf-8"))
    return tuple(wired if file.path == CARD_FILE else file for file in files)


def variables_for(models: list[SpaceModel]) -> dict[str, str]:
    """Give the Space's variables that point at the models."""
    return {MODEL_VARIABLES[model.stage]: model.pinned for model in models}


def read_variables(connection: Connection, repo_id: str) -> dict[str, str]:
    """Read the variables of ours that a Space has."""
    found = connection.ask(
        f"reading {repo_id}'s variables", connection.api.get_space_variables, repo_id
    )
    return {key: str(found[key].value) for key in found if key in _OURS}


def set_variables(connection: Connection, repo_id: str, wanted: dict[str, str]) -> None:
    """Have the Space's variables of ours be those wanted."""
    found = read_variables(connection, repo_id)
    for key in [key for key, value in wanted.items() if found.get(key) != value]:
        connection.ask(
            f"setting {key} of {repo_id}",
            connection.api.add_space_variable,
            repo_id,
            key,
            wanted[key],
        )
    for key in [key for key in found if key not in wanted]:
        connection.ask(
            f"taking {key} from {repo_id}", connection.api.delete_space_variable, repo_id, key
        )


def has_token(connection: Connection, repo_id: str) -> bool:
    """Tell whether a Space has the secret that private models are read with."""
    secrets = connection.ask(
        f"reading {repo_id}'s secrets", connection.api.get_space_secrets, repo_id
    )
    return TOKEN_SECRET in secrets


def set_token(connection: Connection, repo_id: str, token: str) -> None:
    """Make a token the Space's secret; it is shown nowhere."""
    connection.ask(
        f"setting the secret {TOKEN_SECRET} of {repo_id}",
        connection.api.add_space_secret,
        repo_id,
        TOKEN_SECRET,
        token,
    )


def has_hardware(connection: Connection, repo_id: str, flavor: str) -> bool:
    """Tell whether a Space has hardware, or has been promised it."""
    runtime = connection.ask(f"reading {repo_id}", connection.api.get_space_runtime, repo_id)
    return flavor in (runtime.hardware, runtime.requested_hardware)


def set_hardware(connection: Connection, repo_id: str, flavor: str) -> None:
    """Ask for hardware."""
    connection.ask(
        f"asking for {flavor} for {repo_id}",
        connection.api.request_space_hardware,
        repo_id,
        hardware=flavor,
    )


def follow_build(connection: Connection, repo_id: str, revision: str, most_s: float) -> str:
    """Say each stage that the Space goes through until it runs a commit; give its address.

    Right after a commit the Hub may still show the stage of the one before: a stage counts once it
    is said of this commit, or has lasted.

    Raises:
        ReelTalkError: with the end of its log if it fails, or if it takes longer than `most_s`.
    """
    begun, shown, woken = time.monotonic(), "", False
    while True:
        runtime = connection.ask(
            f"looking after {repo_id}", connection.api.get_space_runtime, repo_id
        )
        waited_s = time.monotonic() - begun
        if runtime.stage != shown:
            shown = runtime.stage
            say(f"    {repo_id}: {shown}")
        is_this_one = (runtime.raw or {}).get("sha", revision) == revision
        if shown in _ASLEEP and not woken:
            woken = True
            connection.ask(f"waking {repo_id}", connection.api.restart_space, repo_id)
        elif shown not in _AT_WORK and (is_this_one or waited_s > _STALE_S):
            if shown != "RUNNING":
                raise ReelTalkError(_why_it_stands(connection, repo_id, runtime))
            info = connection.ask(f"reading {repo_id}", connection.api.space_info, repo_id)
            return str(info.host)
        if waited_s > most_s:
            raise ReelTalkError(
                f"{repo_id} is still {shown} after {most_s:.0f} s; look at "
                f"{_page(connection, repo_id)}, or wait with: python -m reeltalk publish verify"
            )
        time.sleep(_BETWEEN_LOOKS_S)


def _why_it_stands(connection: Connection, repo_id: str, runtime: SpaceRuntime) -> str:
    """Word a stage that will not become RUNNING by itself, with the end of its log."""
    page = _page(connection, repo_id)
    if runtime.stage in ("PAUSED", *_ASLEEP):
        return (
            f"{repo_id} is {runtime.stage}; start it at {page}, then: "
            "python -m reeltalk publish verify"
        )
    building = runtime.stage in ("BUILD_ERROR", "CONFIG_ERROR", "NO_APP_FILE")
    lines = connection.ask(
        f"reading {repo_id}'s log",
        lambda: list(connection.api.fetch_space_logs(repo_id, build=building)),
    )
    for line in lines[-_LOG_LINES:]:
        say(f"    | {connection.redact(line.rstrip())}")
    said = " ".join(str((runtime.raw or {}).get("errorMessage") or "").split())
    return (
        f"{repo_id} ended as {runtime.stage} {connection.redact(said)[:200]}".rstrip()
        + f"; the end of its log stands above; the page is {page}"
    )


def _files_read(model: SpaceModel) -> list[str]:
    onnx = INT8_FILE if model.has_int8 else FP32_FILE
    return [CONFIG_FILE, TOKENIZER_FILE, METRICS_FILE, onnx]


def _page(connection: Connection, repo_id: str) -> str:
    return f"{connection.endpoint}/spaces/{repo_id}"
