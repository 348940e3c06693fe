"""What goes where: model folders, the slang set and the Space as the files of repos."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reeltalk_inference.engine import INT8_FILE

from reeltalk.hub.folder_check import check_model_folder, check_slang_folder, check_space_folder
from reeltalk.hub.receipts import receipt_file
from reeltalk.hub.repo_files import CARD_FILE, Kind, LocalFile
from reeltalk.model_card import CardLinks, is_of_the_sample, render_card, without_paths
from reeltalk.model_folder import METRICS_FILE, PUBLISHED_FILE, RUN_FILE, read_json

DATA_DIR = Path("data")
SPACE_DIR = Path("deployment")
MODELS_DIR = Path("models")
SLANG_RECEIPTS = MODELS_DIR / f"slang.{PUBLISHED_FILE}"
SPACE_RECEIPTS = MODELS_DIR / f"space.{PUBLISHED_FILE}"
NOBODY = "YOUR-ACCOUNT"
"""Stands for the owner in a plan that is made without a token."""


@dataclass(frozen=True)
class RepoNames:
    """The repos of a release.

    Attributes:
        owner: account or organisation.
        models: repo of a stage, where it is not the usual one.
        space: repo of the Space, where it is not the usual one.
    """

    owner: str
    models: dict[str, str] = field(default_factory=dict)
    space_id: str = ""

    def model(self, stage: str) -> str:
        """Give the repo of a stage's model."""
        return self.models.get(stage) or f"{self.owner}/reeltalk-{stage}"

    @property
    def slang(self) -> str:
        """The slang set's repo."""
        return f"{self.owner}/reeltalk-slang"

    @property
    def feedback(self) -> str:
        """The repo that the Space sends visitors' feedback to."""
        return f"{self.owner}/reeltalk-feedback"

    @property
    def space(self) -> str:
        """The Space's repo."""
        return self.space_id or f"{self.owner}/reeltalk"


@dataclass(frozen=True)
class Target:
    """One repo and what it is to hold.

    Attributes:
        kind: "model", "dataset" or "space".
        repo_id: owner/name.
        files: its files.
        receipts: where its receipts are kept.
        notes: what the user should know before it is published.
        stage: of a model: "standard" or "modern".
        folder: of a model: where it was trained.
    """

    kind: Kind
    repo_id: str
    files: tuple[LocalFile, ...]
    receipts: Path
    notes: tuple[str, ...] = ()
    stage: str = ""
    folder: Path = Path()

    @property
    def has_int8(self) -> bool:
        """Whether a model's int8 file goes up with it."""
        return any(file.path == INT8_FILE for file in self.files)


def model_target(folder: Path, names: RepoNames, links: CardLinks) -> Target:
    """Check a model folder, write its card, and name its repo.

    run.json and metrics.json go up without the paths of this machine.

    Raises:
        ReelTalkError: naming the file and what is wrong with it.
    """
    checked = check_model_folder(folder)
    run = read_json(folder / RUN_FILE)
    stage = str(run["stage"])
    repo_id = names.model(stage)
    card = render_card(folder, replace(links, repo_id=repo_id))
    told = [_without_paths(file) for file in checked.files]
    return Target(
        kind="model",
        repo_id=repo_id,
        files=(*told, LocalFile(CARD_FILE, card.encode("utf-8"))),
        receipts=receipt_file(folder),
        notes=_notes(folder, run, checked.left_out),
        stage=stage,
        folder=folder,
    )


def slang_target(names: RepoNames) -> Target:
    """Take the slang set, its card and its sources.

    Raises:
        ReelTalkError: if one of them is missing.
    """
    checked = check_slang_folder(DATA_DIR)
    return Target("dataset", names.slang, checked.files, SLANG_RECEIPTS)


def space_target(names: RepoNames) -> Target:
    """Take the Space's folder as it stands; its front matter is completed later.

    Raises:
        ReelTalkError: naming the file and what is wrong with it.
    """
    checked = check_space_folder(SPACE_DIR)
    notes = tuple(f"{SPACE_DIR / path} stays here" for path in checked.left_out)
    return Target("space", names.space, checked.files, SPACE_RECEIPTS, notes)


def _without_paths(file: LocalFile) -> LocalFile:
    if file.path not in (RUN_FILE, METRICS_FILE):
        return file
    content = without_paths(json.loads(file.read()))
    return LocalFile(file.path, json.dumps(content, indent=2, ensure_ascii=False).encode("utf-8"))


def _notes(folder: Path, run: dict[str, Any], left_out: tuple[str, ...]) -> tuple[str, ...]:
    notes = [f"{folder / path} stays here" for path in left_out if path != PUBLISHED_FILE]
    if is_of_the_sample(run):
        notes.insert(0, f"{folder} was trained on the bundled sample; its card says so")
    return tuple(notes)
