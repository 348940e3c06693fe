"""The three ways to publish: models, the Space, and everything."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reeltalk_inference.engine import INT8_FILE

from reeltalk.config import PublishConfig, UploadModelConfig, UploadSpaceConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub.asking import ask_space
from reeltalk.hub.connection import SPACE_TOKEN, saying_what_was_done
from reeltalk.hub.folder_check import SLANG_TABLE
from reeltalk.hub.publishing import Published, create_missing
from reeltalk.hub.receipts import read_receipts
from reeltalk.hub.release import Release, carry_out, choose_tag, open_release, plan_target, present
from reeltalk.hub.release_log import log_release
from reeltalk.hub.space import (
    TOKEN_SECRET,
    SpaceModel,
    set_hardware,
    set_token,
    set_variables,
    variables_for,
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
    space_target,
)
from reeltalk.hub.upload_plan import UploadPlan
from reeltalk.model_card import CardLinks
from reeltalk.model_folder import PUBLISHED_FILE, RUN_FILE, WEIGHTS_FILE, read_json, sha256_of
from reeltalk.terminal import say

STAGE_FOLDERS = (Path("models/standard"), Path("models/modern"))
_NOT_YET = "0" * 40


def publish_models(config: UploadModelConfig) -> None:
    """Publish model folders, and the slang set where one of them learnt from it.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    release = open_release(config.access, config.tag)
    targets = _model_targets(release, config.models, config.repo_id)
    plans = [plan_target(release, target) for target in targets]
    if release.account is not None:
        choose_tag(release, plans)
    if not present(release, targets, plans, config.create_pr):
        return
    with saying_what_was_done(release.done):
        published = [
            carry_out(release, target, plan, config.create_pr)
            for target, plan in zip(targets, plans, strict=True)
        ]
        if not config.create_pr:
            log_release(release.tag, [done.state for done in published])
    for done in published:
        say(f"  {done.url(release.connection.endpoint)}")


def publish_space(config: UploadSpaceConfig) -> None:
    """Publish deployment/, wired to the models of the receipts.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    release = open_release(config.access, config.tag)
    names = RepoNames(release.owner, space_id=config.repo_id or "")
    models = _published_models(release)
    slang = read_receipts(SLANG_RECEIPTS)
    target = _wired(space_target(names), models, [receipt.repo_id for receipt in slang[:1]])
    plan = plan_target(release, target)
    if release.account is not None:
        choose_tag(release, [plan])
    if not present(release, [_with_token_note(target, models)], [plan]):
        return
    with saying_what_was_done(release.done):
        space = _put_up(release, config, target, plan, models)
        log_release(release.tag, [space.state], variables_for(models))
        _finish(release, config, space, models)


def publish_all(config: PublishConfig) -> None:
    """Publish the slang set, both models and the Space wired to them; ask the Space at the end.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    space_config = config.space_config()
    release = open_release(config.access, config.tag)
    names = RepoNames(release.owner)
    targets = _model_targets(release, STAGE_FOLDERS, with_space=True)
    plans = [plan_target(release, target) for target in targets]
    space = space_target(names)
    models = [_space_model(release, *pair) for pair in zip(targets, plans, strict=True)]
    wired = _wired(space, [model for model in models if model], [names.slang])
    space_plan = plan_target(release, wired)
    if release.account is not None:
        choose_tag(release, [*plans, space_plan])
    noted = _with_token_note(wired, [model for model in models if model])
    if not present(release, [*targets, noted], [*plans, space_plan]):
        return
    with saying_what_was_done(release.done):
        published = [carry_out(release, *pair) for pair in zip(targets, plans, strict=True)]
        models = [
            _space_model(release, target, plan, done.sha)
            for target, plan, done in zip(targets, plans, published, strict=True)
        ]
        wanted = [model for model in models if model]
        wired = _wired(space, wanted, [names.slang])
        space_plan = replace(space_plan, wanted=wired.files)
        up = _put_up(release, space_config, wired, space_plan, wanted)
        states = [done.state for done in [*published, up]]
        log_release(release.tag, states, variables_for(wanted))
        _finish(release, space_config, up, wanted)
    for done in published:
        say(f"  {done.url(release.connection.endpoint)}")


def _model_targets(
    release: Release,
    folders: Sequence[Path],
    repo_id: str | None = None,
    with_space: bool = False,
) -> list[Target]:
    """Check every folder before the Hub is asked anything about any of them."""
    stages = {str(read_json(folder / RUN_FILE)["stage"]): folder for folder in folders}
    named = dict.fromkeys(stages, repo_id) if repo_id else {}
    owner = repo_id.split("/")[0] if repo_id else release.owner
    names = RepoNames(owner, {stage: repo for stage, repo in named.items() if repo})
    if len(stages) < len(folders):
        raise ReelTalkError(
            f"two of {', '.join(map(str, folders))} are of one stage and would go to one repo; "
            "publish them one by one with --repo-id"
        )
    slang = [slang_target(names)] if "modern" in stages else []
    links = _links(names, stages, with_space)
    targets = [model_target(folder, names, links) for folder in folders]
    _check_lineage(stages)
    return [*slang, *targets]


def _links(names: RepoNames, stages: dict[str, Path], with_space: bool) -> CardLinks:
    """Name the repos that a card may link: this run's, and those published before."""
    standard = read_receipts(Path("models/standard") / PUBLISHED_FILE)
    space = read_receipts(SPACE_RECEIPTS)
    return CardLinks(
        standard_repo_id=names.model("standard")
        if "standard" in stages
        else (standard[0].repo_id if standard else ""),
        slang_repo_id=names.slang if "modern" in stages else "",
        space_repo_id=names.space if with_space else (space[0].repo_id if space else ""),
    )


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


def _space_model(
    release: Release, target: Target, plan: UploadPlan, sha: str | None = None
) -> SpaceModel | None:
    """Tell how the Space reads a model; a commit that is still to be made is all zeros."""
    if target.kind != "model":
        return None
    now = _NOT_YET if plan.changes_files else str(plan.remote.sha)
    private = not release.access.public and plan.remote.private is not False
    return SpaceModel(target.stage, target.repo_id, sha or now, target.has_int8, private)


def _published_models(release: Release) -> list[SpaceModel]:
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


def _wired(target: Target, models: list[SpaceModel], datasets: list[str]) -> Target:
    return replace(target, files=wire_space(target.files, models, datasets))


def _with_token_note(target: Target, models: list[SpaceModel]) -> Target:
    """Say beforehand that a Space without a token reads no private model."""
    if os.environ.get(SPACE_TOKEN) or not any(model.private for model in models):
        return target
    note = (
        "the models are private, and the Space reads them with a token of its own: export "
        f"{SPACE_TOKEN} (one that may only read) and it becomes the Space's secret HF_TOKEN; "
        "without it, and without such a secret, the Space answers with a public model"
    )
    return replace(target, notes=(*target.notes, note))


def _put_up(
    release: Release,
    config: UploadSpaceConfig,
    target: Target,
    plan: UploadPlan,
    models: list[SpaceModel],
) -> Published:
    """Bring the Space up: settings first, so that one build starts with all of them."""
    connection, repo_id = release.connection, plan.repo_id
    plan = create_missing(plan, connection)
    token, before = os.environ.get(SPACE_TOKEN), read_receipts(target.receipts)
    mark = hashlib.sha256(token.encode()).hexdigest()[:12] if token else ""
    if token and (not before or before[0].token_mark != mark):
        # Setting a secret starts the Space anew, so that the same one is not set again.
        set_token(connection, repo_id, token)
        release.done.append(f"the secret {TOKEN_SECRET} of {repo_id} is set")
    variables = variables_for(models)
    set_variables(connection, repo_id, variables)
    release.done.append(f"{repo_id} has the variables {', '.join(variables)}")
    if config.hardware is not None:
        set_hardware(connection, repo_id, config.hardware)
    published = carry_out(release, target, plan, variables=variables, token_mark=mark)
    return published


def _finish(
    release: Release, config: UploadSpaceConfig, space: Published, models: list[SpaceModel]
) -> None:
    """Ask the Space, unless it is not to be waited for."""
    page = space.url(release.connection.endpoint)
    if config.no_wait:
        say(f"  {page} (not waited for; later: python -m reeltalk publish verify)")
        return
    variables = variables_for(models)
    ask_space(release.connection, space.plan.repo_id, space.sha, variables, config.wait_s)
    say(f"  {page}")
