"""What a Space is set to besides its files: worked out against what the Hub has, then set."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from reeltalk.hub.connection import SPACE_TOKEN, Connection
from reeltalk.hub.receipts import read_receipts
from reeltalk.hub.space import (
    TOKEN_SECRET,
    has_hardware,
    has_token,
    read_variables,
    set_hardware,
    set_token,
    set_variables,
)
from reeltalk.hub.upload_plan import UploadPlan


@dataclass(frozen=True)
class SettingsPlan:
    """The settings of one Space.

    Attributes:
        repo_id: the Space.
        variables: all of ours that it is to have.
        changed: the names of those that it has otherwise, or not at all.
        token: what its secret is to be set to; "" where that stays as it is.
        token_mark: beginning of the sha256 of the token that its secret holds then; "" where
            that is not known.
        hardware: what is to be asked for; None where it has that, or nothing was named.
    """

    repo_id: str
    variables: dict[str, str]
    changed: tuple[str, ...]
    token: str
    token_mark: str
    hardware: str | None


def plan_settings(
    connection: Connection,
    plan: UploadPlan,
    receipts: Path,
    variables: dict[str, str],
    hardware: str | None,
) -> SettingsPlan:
    """Work out what takes a Space to its settings.

    Setting a secret starts the Space anew, so that a token which it has is not set again. The Hub
    shows no secret's value: the Space has the token if it has the secret and was given this one.
    """
    token = os.environ.get(SPACE_TOKEN, "")
    known = _known_mark(connection, plan, receipts)
    mark = hashlib.sha256(token.encode()).hexdigest()[:12] if token else known
    found = {} if plan.is_new else read_variables(connection, plan.repo_id)
    if hardware and not plan.is_new and has_hardware(connection, plan.repo_id, hardware):
        hardware = None
    return SettingsPlan(
        repo_id=plan.repo_id,
        variables=variables,
        changed=tuple(key for key, value in variables.items() if found.get(key) != value),
        token=token if mark != known else "",
        token_mark=mark,
        hardware=hardware,
    )


def describe_settings(settings: SettingsPlan, price: str) -> list[str]:
    """Lay out what will be set as lines of the plan; `price` is that of the hardware."""
    lines = [f"    set     {key} to {settings.variables[key]}" for key in settings.changed]
    if settings.token:
        lines.append(f"    set     the secret {TOKEN_SECRET} to {SPACE_TOKEN}")
    if settings.hardware is not None:
        lines.append(f"    ask for hardware {settings.hardware}{price and f', {price}'}")
    return lines


def apply_settings(connection: Connection, settings: SettingsPlan, done: list[str]) -> None:
    """Set what is planned; add to `done` what was done, in words."""
    repo_id = settings.repo_id
    if settings.token:
        set_token(connection, repo_id, settings.token)
        done.append(f"the secret {TOKEN_SECRET} of {repo_id} is set")
    set_variables(connection, repo_id, settings.variables)
    done.append(f"{repo_id} has the variables {', '.join(settings.variables)}")
    if settings.hardware is not None:
        set_hardware(connection, repo_id, settings.hardware)


def _known_mark(connection: Connection, plan: UploadPlan, receipts: Path) -> str:
    """Tell which token a Space has, by the newest receipt of it; "" if it has none."""
    if plan.is_new or not has_token(connection, plan.repo_id):
        return ""
    marks = (each.token_mark for each in read_receipts(receipts) if each.repo_id == plan.repo_id)
    return next(marks, "")
