"""What the Hub's refusals mean for a user: one line with the ways out. Knows no connection."""

import re

from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

TOKEN_PAGE = "https://huggingface.co/settings/tokens"  # noqa: S105

NO_TOKEN = (
    f"no token: make one with write access at {TOKEN_PAGE}, then `export HF_TOKEN=...` or "
    "`hf auth login`"
)


_FULL = re.compile(r"quota|storage limit|limit reached", re.IGNORECASE)


def explain(error: HfHubHTTPError) -> str:
    """Word a refusal: what the Hub said, and what can be done about it."""
    status, said = error.response.status_code, _what_it_said(error)
    if isinstance(error, GatedRepoError):
        return "the repo is gated; accept its terms on its page first"
    if isinstance(error, RevisionNotFoundError):
        return "the Hub has no such revision"
    if isinstance(error, RepositoryNotFoundError) and status != 401:
        return "the Hub has no such repo, or this token may not see it"
    if status == 401:
        return f"the token is wrong or has expired; make a new one at {TOKEN_PAGE}"
    if status == 402:
        return (
            f"the Hub wants to be paid for this ({said}); ways out: a PRO account "
            "(huggingface.co/pro), ZeroGPU hardware for verified accounts (--hardware zero-a10g), "
            "an organisation that pays, or the page on your own machine (make demo)"
        )
    if status == 413 or _FULL.search(said):
        return (
            f"the account's storage is full ({said}); delete old repos, publish with --public "
            "where the limit is on private ones, or see huggingface.co/settings/billing"
        )
    if status == 403:
        return (
            f"this token may not do that ({said}); give it write access to the owner's repos at "
            f"{TOKEN_PAGE}, or name another owner with --namespace"
        )
    return f"the Hub answers {status} ({said})"


def _what_it_said(error: HfHubHTTPError) -> str:
    """Take the server's own words, without the client's URLs and request ids."""
    header = error.response.headers.get("X-Error-Message", "")
    said = header or (error.server_message or "") or error.response.reason_phrase
    return " ".join(said.split())[:300]
