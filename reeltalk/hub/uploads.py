"""The three ways to publish: models, the Space, and everything."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reeltalk.config import PublishConfig, UploadModelConfig, UploadSpaceConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub.connection import saying_what_was_done
from reeltalk.hub.live_check import check_live
from reeltalk.hub.publishing import Published, create_missing
from reeltalk.hub.receipts import read_receipts
from reeltalk.hub.release import Release, carry_out, choose_tag, open_release, plan_target, present
from reeltalk.hub.space import (
    SpaceModel,
    follow_build,
    set_hardware,
    set_secret,
    set_variables,
    variables_for,
    wire_space,
)
from reeltalk.hub.targets import RepoNames, Target, model_target, slang_target, space_target
from reeltalk.hub.upload_plan import UploadPlan
from reeltalk.model_folder import RUN_FILE, read_json
from reeltalk.terminal import say

STAGE_FOLDERS = (Path("models/standard"), Path("models/modern"))
SPACE_TOKEN = "SPACE_TOKEN"  # noqa: S105
"""The variable with a token that may only read, which the Space reads private models with."""

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
    if not present(release, targets, plans):
        return
    with saying_what_was_done(release.done):
        for target, plan in zip(targets, plans, strict=True):
            published = carry_out(release, target, plan, config.create_pr)
            say(f"    {published.url(release.connection.endpoint)}")


def publish_space(config: UploadSpaceConfig) -> None:
    """Publish deployment/, wired to the models of the receipts.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    release = open_release(config.access, config.tag)
    names = RepoNames(release.owner, space_id=config.repo_id or "")
    models = _published_models(release)
    target = _wired(space_target(names), models, names)
    plan = plan_target(release, target)
    if release.account is not None:
        choose_tag(release, [plan])
    if present(release, [_with_token_note(target, models)], [plan]):
        with saying_what_was_done(release.done):
            _put_up(release, config, target, plan, models)


def publish_all(config: PublishConfig) -> None:
    """Publish the slang set, both models and the Space wired to them; ask the Space at the end.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    space_config = config.space_config()
    release = open_release(config.access, config.tag)
    names = RepoNames(release.owner)
    targets = _model_targets(release, STAGE_FOLDERS)
    plans = [plan_target(release, target) for target in targets]
    space = space_target(names)
    models = [_space_model(release, *pair) for pair in zip(targets, plans, strict=True)]
    wired = _wired(space, [model for model in models if model], names)
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
        wired = _wired(space, wanted, names)
        space_plan = replace(space_plan, wanted=wired.files)
        _put_up(release, space_config, wired, space_plan, wanted)
    for done in published:
        say(f"  {done.url(release.connection.endpoint)}")


def _model_targets(
    release: Release, folders: Sequence[Path], repo_id: str | None = None
) -> list[Target]:
    """Check every folder before the Hub is asked anything about any of them."""
    stages = {str(read_json(folder / RUN_FILE)["stage"]): folder for folder in folders}
    named = dict.fromkeys(stages, repo_id) if repo_id else {}
    owner = repo_id.split("/")[0] if repo_id else release.owner
    names = RepoNames(owner, {stage: repo for stage, repo in named.items() if repo})
    targets = [model_target(folder, names) for folder in folders]
    if len(stages) < len(folders):
        raise ReelTalkError(
            f"two of {', '.join(map(str, folders))} are of one stage and would go to one repo; "
            "publish them one by one with --repo-id"
        )
    if "modern" in stages:
        targets.insert(0, slang_target(names))
    return targets


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
        receipts = read_receipts(folder / "published.json")
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
        has_int8 = any(path.endswith("quantized.onnx") for path in newest.files)
        models.append(SpaceModel(folder.name, newest.repo_id, newest.revision, has_int8, private))
    return models


def _wired(target: Target, models: list[SpaceModel], names: RepoNames) -> Target:
    return replace(target, files=wire_space(target.files, models, [names.slang]))


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
) -> None:
    """Bring the Space up: settings first, so that one build starts with all of them."""
    connection = release.connection
    plan = create_missing(plan, connection)
    token = os.environ.get(SPACE_TOKEN)
    if token:
        connection.secrets.append(token)
        set_secret(connection, plan.repo_id, "HF_TOKEN", token)
    variables = variables_for(models)
    set_variables(connection, plan.repo_id, variables)
    if config.hardware is not None:
        set_hardware(connection, plan.repo_id, config.hardware)
    published = carry_out(release, target, plan, variables=variables)
    page = published.url(connection.endpoint)
    if config.no_wait:
        say(f"  {page} (not waited for; later: python -m reeltalk publish verify)")
        return
    host = follow_build(connection, plan.repo_id, config.wait_s)
    _ask_space(release, config, published, host, models, may_read=bool(token))
    say(f"  {page}")


def _ask_space(
    release: Release,
    config: UploadSpaceConfig,
    published: Published,
    host: str,
    models: list[SpaceModel],
    may_read: bool,
) -> None:
    """Hold the Space's answers against the local model's, where it can have that model."""
    best = next((model for model in models if model.stage == "modern"), models[0])
    private = published.plan.remote.private is not False and not release.access.public
    if best.private and not may_read:
        has = release.connection.ask(
            f"reading {published.plan.repo_id}'s secrets",
            release.connection.api.get_space_secrets,
            published.plan.repo_id,
        )
        if "HF_TOKEN" not in has:
            say(f"  not asked: the Space has no token to read {best.repo_id} with")
            return
    token = release.connection.token if private else None
    folder = next(folder for folder in STAGE_FOLDERS if folder.name == best.stage)
    checked = check_live(host, folder, best.pinned, config.wait_s, token)
    say(
        f"  the Space answers {checked.cases} edge cases as {folder} does (probabilities at most "
        f"{checked.apart:.4f} apart), with {checked.model}@{checked.revision[:8]}"
    )
