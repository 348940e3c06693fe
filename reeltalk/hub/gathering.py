"""Gathers what a release consists of: the targets of its repos, and the models of its Space."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reeltalk_inference.engine import INT8_FILE

from reeltalk.config import SpaceSettings
from reeltalk.errors import ReelTalkError
from reeltalk.hub.connection import SPACE_TOKEN
from reeltalk.hub.folder_check import SLANG_TABLE
from reeltalk.hub.receipts import read_receipts
from reeltalk.hub.release import Release
from reeltalk.hub.space import (
    SpaceModel,
    wire_space,
)
from reeltalk.hub.targets import (
    DATA_DIR,
    SLANG_RECEIPTS,
    SPACE_RECEIPTS,
    RepoNames,
    Target,
    model_target,
    slang_target,
)
from reeltalk.hub.upload_plan import UploadPlan
from reeltalk.model_card import CardLinks
from reeltalk.model_folder import PUBLISHED_FILE, RUN_FILE, WEIGHTS_FILE, read_json, sha256_of

STAGE_FOLDERS = (Path("models/standard"), Path("models/modern"))
NOT_YET = "0" * 40
"""Stands for a commit that is still to be made."""


def model_targets(
    release: Release,
    folders: Sequence[Path],
    repo_id: str | None = None,
    with_space: bool = False,
    create_pr: bool = False,
) -> list[Target]:
    """Check every folder before the Hub is asked anything about any of them.

    A pull request at a repo that is named is for that repo alone: its owner's slang set, which
    the asker may not be able to create, is left out.
    """
    stages = {str(read_json(folder / RUN_FILE)["stage"]): folder for folder in folders}
    named = dict.fromkeys(stages, repo_id) if repo_id else {}
    owner = repo_id.split("/")[0] if repo_id else release.owner
    names = RepoNames(owner, {stage: repo for stage, repo in named.items() if repo})
    if len(stages) < len(folders):
        raise ReelTalkError(
            f"two of {', '.join(map(str, folders))} are of one stage and would go to one repo; "
            "publish them one by one with --repo-id"
        )
    with_slang = "modern" in stages and not (create_pr and repo_id)
    slang = [slang_target(names)] if with_slang else []
    links = _links(names, stages, with_slang, with_space)
    targets = [model_target(folder, names, links) for folder in folders]
    _check_lineage(stages)
    return [*slang, *targets]


def _links(
    names: RepoNames, stages: dict[str, Path], with_slang: bool, with_space: bool
) -> CardLinks:
    """Name the repos that a card may link: this run's, and those published before.

    What a modern model learnt from is linked only where it is what was published.
    """
    run = read_json(stages["modern"] / RUN_FILE) if "modern" in stages else {}
    standard = _published_with(
        STAGE_FOLDERS[0] / PUBLISHED_FILE, WEIGHTS_FILE, run.get("standard_sha256")
    )
    slang = _published_with(SLANG_RECEIPTS, SLANG_TABLE, run.get("slang", {}).get("sha256"))
    space = read_receipts(SPACE_RECEIPTS)
    return CardLinks(
        standard_repo_id=names.model("standard") if "standard" in stages else standard,
        slang_repo_id=names.slang if with_slang else slang,
        space_repo_id=names.space if with_space else (space[0].repo_id if space else ""),
    )


def _published_with(receipts: Path, path: str, sha256: str | None) -> str:
    """Give the repo of the newest receipt if a file of it has this hash; "" otherwise."""
    newest = read_receipts(receipts)[:1]
    return next((each.repo_id for each in newest if sha256 and each.files.get(path) == sha256), "")


def _check_lineage(stages: dict[str, Path]) -> None:
    """Refuse a modern model that goes with another standard one, or with another slang set."""
    if "modern" not in stages:
        return
    run = read_json(stages["modern"] / RUN_FILE)
    file = DATA_DIR / SLANG_TABLE
    if run["slang"]["sha256"] != sha256_of(file):
        raise ReelTalkError(
            f"{file} is not what {stages['modern']} learnt from and was measured on; run "
            "augment_slang.py again, or put the table back"
        )
    if "standard" in stages and run["standard_sha256"] != sha256_of(
        stages["standard"] / WEIGHTS_FILE
    ):
        raise ReelTalkError(
            f"{stages['modern']} continues another model than {stages['standard']}; run "
            "augment_slang.py again"
        )


def space_model(
    release: Release, target: Target, plan: UploadPlan, sha: str | None = None
) -> SpaceModel | None:
    """Tell how the Space reads a model; a commit that is still to be made is all zeros."""
    if target.kind != "model":
        return None
    now = NOT_YET if plan.changes_files else str(plan.remote.sha)
    private = not release.access.public and plan.remote.private is not False
    return SpaceModel(target.stage, target.repo_id, sha or now, target.has_int8, private)


def published_models(release: Release) -> list[SpaceModel]:
    """Take the models that the receipts name."""
    models = []
    for folder in STAGE_FOLDERS:
        receipts = read_receipts(folder / PUBLISHED_FILE)
        if not receipts:
            raise ReelTalkError(
                f"{folder} has not been published, and the Space reads it from the Hub; first: "
                "python upload_model.py"
            )
        newest, private = receipts[0], True
        if release.account is not None:
            info = release.connection.ask(
                f"reading {newest.repo_id}", release.connection.api.model_info, newest.repo_id
            )
            private = bool(info.private)
        has_int8 = INT8_FILE in newest.files
        models.append(SpaceModel(folder.name, newest.repo_id, newest.revision, has_int8, private))
    return models


def wired_target(target: Target, models: list[SpaceModel], datasets: list[str]) -> Target:
    """Give the Space's target with its front matter completed."""
    return replace(target, files=wire_space(target.files, models, datasets))


def with_token_note(target: Target, models: list[SpaceModel]) -> Target:
    """Say beforehand that a Space without a token reads no private model."""
    if os.environ.get(SPACE_TOKEN) or not any(model.private for model in models):
        return target
    note = (
        "the models are private, and the Space reads them with a token of its own: export "
        f"{SPACE_TOKEN} (one that may only read) and it becomes the Space's secret HF_TOKEN; "
        "without it, and without such a secret, the Space answers with a public model"
    )
    return replace(target, notes=(*target.notes, note))


def with_feedback_note(target: Target, config: SpaceSettings, names: RepoNames) -> Target:
    """Say beforehand what sending feedback takes."""
    if not config.feedback:
        return target
    note = (
        f"visitors' feedback goes to the private dataset {names.feedback}, which the Space makes; "
        f"for that, the Space's secret HF_TOKEN (export {SPACE_TOKEN}) must be a token that may "
        f"write datasets of {names.owner}; with one that may only read, feedback stays in the Space"
    )
    return replace(target, notes=(*target.notes, note))
