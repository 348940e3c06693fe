"""The three ways to publish: models, the Space, and everything."""

from dataclasses import replace

from reeltalk.config import PublishConfig, SpaceSettings, UploadModelConfig, UploadSpaceConfig
from reeltalk.hub.account import check_hardware, check_rights, check_space_token
from reeltalk.hub.asking import ask_space
from reeltalk.hub.connection import saying_what_was_done
from reeltalk.hub.gathering import (
    NOT_YET,
    STAGE_FOLDERS,
    model_targets,
    published_models,
    space_model,
    wired_target,
    with_feedback_note,
    with_token_note,
)
from reeltalk.hub.publishing import Published, check_unmoved, create_missing
from reeltalk.hub.receipts import read_receipts
from reeltalk.hub.release import Release, carry_out, choose_tag, open_release, plan_target, present
from reeltalk.hub.release_log import log_release
from reeltalk.hub.settings_plan import apply_settings, describe_settings, plan_settings
from reeltalk.hub.space import (
    FEEDBACK_VARIABLE,
    SpaceModel,
    read_variables,
    variables_for,
)
from reeltalk.hub.targets import (
    SLANG_RECEIPTS,
    RepoNames,
    Target,
    space_target,
)
from reeltalk.hub.upload_plan import UploadPlan
from reeltalk.terminal import say


def publish_models(config: UploadModelConfig) -> None:
    """Publish model folders, and the slang set where one of them learnt from it.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    release = open_release(config.access, config.tag)
    targets = model_targets(release, config.models, config.repo_id, create_pr=config.create_pr)
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
    models = published_models(release)
    slang = read_receipts(SLANG_RECEIPTS)
    target = wired_target(space_target(names), models, [receipt.repo_id for receipt in slang[:1]])
    plan = plan_target(release, target)
    if release.account is not None:
        choose_tag(release, [plan])
    lines = _settings_lines(release, config, names, target, plan, models)
    noted = with_feedback_note(with_token_note(target, models), config, names)
    if not present(release, [noted], [plan], settings=lines):
        return
    with saying_what_was_done(release.done):
        variables = _variables(release, config, names, plan, models)
        space = _put_up(release, config, target, plan, variables)
        log_release(release.tag, [space.state], variables)
        _finish(release, config, space, variables)


def publish_all(config: PublishConfig) -> None:
    """Publish the slang set, both models and the Space wired to them; ask the Space at the end.

    Raises:
        ReelTalkError: for whatever the user can put right, before the first write where possible.
    """
    release = open_release(config.access, config.tag)
    names = RepoNames(release.owner)
    targets = model_targets(release, STAGE_FOLDERS, with_space=True)
    plans = [plan_target(release, target) for target in targets]
    space = space_target(names)
    models = [space_model(release, *pair) for pair in zip(targets, plans, strict=True)]
    wanted = [model for model in models if model]
    wired = wired_target(space, wanted, [names.slang])
    space_plan = plan_target(release, wired)
    if release.account is not None:
        choose_tag(release, [*plans, space_plan])
    lines = _settings_lines(release, config, names, wired, space_plan, wanted)
    noted = with_feedback_note(with_token_note(wired, wanted), config, names)
    if not present(release, [*targets, noted], [*plans, space_plan], settings=lines):
        return
    with saying_what_was_done(release.done):
        published = [carry_out(release, *pair) for pair in zip(targets, plans, strict=True)]
        models = [
            space_model(release, target, plan, done.sha)
            for target, plan, done in zip(targets, plans, published, strict=True)
        ]
        wanted = [model for model in models if model]
        wired = wired_target(space, wanted, [names.slang])
        space_plan = replace(space_plan, wanted=wired.files)
        variables = _variables(release, config, names, space_plan, wanted)
        up = _put_up(release, config, wired, space_plan, variables)
        log_release(release.tag, [done.state for done in [*published, up]], variables)
        _finish(release, config, up, variables)
    for done in published:
        say(f"  {done.url(release.connection.endpoint)}")


def _settings_lines(
    release: Release,
    config: SpaceSettings,
    names: RepoNames,
    target: Target,
    plan: UploadPlan,
    models: list[SpaceModel],
) -> list[str]:
    """Check the Space's token and hardware, and lay out which of its settings change."""
    connection, price = release.connection, ""
    if release.account is not None:
        check_space_token(connection, names.owner, config.feedback)
        if config.hardware is not None:
            owner = names.space.split("/")[0]
            price = check_hardware(connection, release.account, owner, config.hardware)
        if not plan.is_new:
            # Only who may write a Space may read its settings.
            check_rights(connection, release.account, [plan])
    variables = _variables(release, config, names, plan, models)
    settings = plan_settings(connection, plan, target.receipts, variables, config.hardware)
    return [line.replace(NOT_YET, "its new commit") for line in describe_settings(settings, price)]


def _put_up(
    release: Release,
    config: SpaceSettings,
    target: Target,
    plan: UploadPlan,
    variables: dict[str, str],
) -> Published:
    """Bring the Space up: settings first, so that one build starts with all of them.

    Settings are not part of the commit, which would refuse by itself to go on top of another.
    """
    connection = release.connection
    plan = create_missing(plan, connection)
    check_unmoved(plan, connection)
    settings = plan_settings(connection, plan, target.receipts, variables, config.hardware)
    apply_settings(connection, settings, release.done)
    mark = settings.token_mark
    return carry_out(release, target, plan, variables=variables, token_mark=mark)


def _variables(
    release: Release,
    config: SpaceSettings,
    names: RepoNames,
    plan: UploadPlan,
    models: list[SpaceModel],
) -> dict[str, str]:
    """Give the Space's variables: its models, and where feedback goes, if it is to go anywhere."""
    if config.feedback:
        return variables_for(models) | {FEEDBACK_VARIABLE: names.feedback}
    found = {} if plan.is_new else read_variables(release.connection, names.space)
    kept = {key: value for key, value in found.items() if key == FEEDBACK_VARIABLE}
    return variables_for(models) | kept


def _finish(
    release: Release, config: SpaceSettings, space: Published, variables: dict[str, str]
) -> None:
    """Ask the Space, unless it is not to be waited for."""
    page = space.url(release.connection.endpoint)
    if config.no_wait:
        say(f"  {page} (not waited for; later: python -m reeltalk publish verify)")
        return
    ask_space(release.connection, space.plan.repo_id, space.sha, variables, config.wait_s)
    say(f"  {page}")
