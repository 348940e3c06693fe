"""Who the token belongs to, and whether it may write where a plan wants to."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from huggingface_hub import SpaceHardware

from reeltalk.errors import ReelTalkError
from reeltalk.hub.connection import SPACE_TOKEN, Connection
from reeltalk.hub.refusals import TOKEN_PAGE
from reeltalk.hub.upload_plan import UploadPlan

_WRITE = "repo.write"
_BILLING_PAGE = "https://huggingface.co/settings/billing"
_FREE = (SpaceHardware.CPU_BASIC, SpaceHardware.ZERO_A10G)


@dataclass(frozen=True)
class Account:
    """The account of a token.

    Attributes:
        name: the account.
        owners: what it may own repos as: itself, and the organisations that let it write.
        role: "read", "write" or "fineGrained".
        token_name: what its owner called the token.
        may_write: of a fine-grained token, the owners and repos that it may write to.
        can_pay: whether the account has a way to pay; None: the Hub does not say.
    """

    name: str
    owners: tuple[str, ...]
    role: str
    token_name: str
    may_write: frozenset[str] = frozenset()
    can_pay: bool | None = None


def read_account(connection: Connection, token: str | None = None, named: str = "this") -> Account:
    """Ask the Hub whose token this is; `token` is another one than the connection's.

    Raises:
        ReelTalkError: if it is wrong or has expired.
    """
    answer = connection.ask(f"asking whose token {named} is", connection.api.whoami, token=token)
    access = answer.get("auth", {}).get("accessToken", {})
    scopes = access.get("fineGrained", {}).get("scoped", [])
    return Account(
        name=answer["name"],
        owners=(
            answer["name"],
            *(org["name"] for org in answer.get("orgs", []) if org.get("roleInOrg") != "read"),
        ),
        role=access.get("role", "write"),
        token_name=access.get("displayName", ""),
        may_write=frozenset(
            scope["entity"]["name"] for scope in scopes if _WRITE in scope["permissions"]
        ),
        can_pay=answer.get("canPay"),
    )


def check_rights(
    connection: Connection,
    account: Account,
    plans: Sequence[UploadPlan],
    create_pr: bool = False,
) -> None:
    """Refuse to begin what the token may not finish.

    Anyone may open a pull request at a repo that they may read.

    `create_repo` is no such check: it succeeds with a read token where the repo exists.

    Raises:
        ReelTalkError: naming the repo and the way out.
    """
    if account.role == "read":
        raise ReelTalkError(
            f"the token {account.token_name!r} may only read; make one with write access at "
            f"{TOKEN_PAGE}; nothing was written"
        )
    for plan in plans:
        if create_pr and not plan.is_new:
            continue
        owner = plan.repo_id.split("/")[0]
        if owner not in account.owners:
            raise ReelTalkError(
                f"{plan.repo_id}: the token is {account.name}'s, which may write as "
                f"{', '.join(account.owners)}; name one of them with --namespace or in --repo-id; "
                "nothing was written"
            )
        if account.role == "fineGrained" and not account.may_write & {owner, plan.repo_id}:
            raise ReelTalkError(
                f"{plan.repo_id}: the fine-grained token {account.token_name!r} has no write "
                f"access to {owner}'s repos; add it at {TOKEN_PAGE}; nothing was written"
            )
        if not plan.is_new:
            connection.ask(
                f"checking the right to write {plan.repo_id}",
                connection.api.auth_check,
                plan.repo_id,
                repo_type=plan.kind,
                write=True,
            )


def check_space_token(connection: Connection, owner: str, feedback: bool) -> None:
    """Refuse a Space's token that is no good, or may not write the feedback it is to send.

    Raises:
        ReelTalkError: naming the variable, never its value.
    """
    token = os.environ.get(SPACE_TOKEN)
    if not token:
        return
    account = read_account(connection, token, SPACE_TOKEN)
    may_write = account.role == "write" or owner in account.may_write
    if feedback and not (may_write and owner in account.owners):
        raise ReelTalkError(
            f"--feedback: {SPACE_TOKEN} is {account.name}'s token {account.token_name!r}, which "
            f"may not write datasets of {owner}; make one that may at {TOKEN_PAGE}, or leave "
            "--feedback out; nothing was written"
        )


def check_hardware(connection: Connection, account: Account, owner: str, flavor: str) -> str:
    """Give what hardware costs; refuse what is not offered, or the account cannot pay for.

    What an organisation can pay for, the Hub says only when it is asked for it.

    Raises:
        ReelTalkError: naming what there is, or what it costs and the ways out.
    """
    listed = connection.ask("asking what hardware there is", connection.api.list_spaces_hardware)
    offered = {each.name: each for each in listed}
    if flavor not in {*offered, *_FREE}:
        raise ReelTalkError(
            f"--hardware {flavor}: the Hub offers {', '.join(offered)}; nothing was written"
        )
    offer = offered.get(flavor)
    if offer is None or offer.unit_cost_usd == 0:
        return "free"
    price = f"{offer.unit_cost_usd:g} dollars a {offer.unit_label}"
    if flavor not in _FREE and owner == account.name and account.can_pay is False:
        raise ReelTalkError(
            f"--hardware {flavor} costs {price}, and {account.name} has no payment method; add one "
            f"at {_BILLING_PAGE}, leave --hardware out, or name an organisation that pays with "
            "--namespace; nothing was written"
        )
    return price
