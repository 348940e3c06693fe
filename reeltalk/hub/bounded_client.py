"""The Hub's own client, bounded, and what its errors say about what was done. Words no refusal."""

import json

import httpx2
from huggingface_hub import set_client_factory
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from huggingface_hub.utils import get_session, parse_ratelimit_headers

from reeltalk.errors import first_line

CLIENT_ERRORS = (
    httpx2.HTTPError,
    LocalEntryNotFoundError,
    ConnectionError,  # hf_xet's, for whatever its transfers meet
    PermissionError,  # XetAuthenticationError
    RuntimeError,
    ValueError,
)
"""Everything that a call of the client may raise for what the Hub or the line to it does."""

_BUSY_STATUSES = {408, 429, 500, 502, 503, 504}
_CREATING_ELSEWHERE = "another conflicting operation"


class HubBusyError(httpx2.HTTPError):
    """The Hub was reached and asked to be left alone for a while.

    Attributes:
        pause_s: seconds that it named; None where it named none.
    """

    def __init__(self, message: str, pause_s: float | None) -> None:
        """Keep the pause beside the message."""
        super().__init__(message)
        self.pause_s = pause_s


def bound_every_request(timeout_s: float) -> None:
    """Give the Hub's client a time limit, and have `Connection` do the waiting for a busy Hub.

    The client's own calls have no time limit, sleep as long as the server says, and create_repo
    asks without a pause for ever while another creation is under way.
    """
    before = get_session().event_hooks["request"]
    limits = httpx2.Timeout(timeout_s, connect=min(timeout_s, 10.0))
    set_client_factory(
        lambda: httpx2.Client(
            event_hooks={"request": before, "response": [_refuse_busy]},
            follow_redirects=True,
            timeout=limits,
        )
    )


def _refuse_busy(response: httpx2.Response) -> None:
    """Raise what asks for a pause, before the client's own waiting begins."""
    status = response.status_code
    if status == 409:
        response.read()
        if _CREATING_ELSEWHERE not in response.text:
            return
    elif status not in _BUSY_STATUSES:
        return
    limit = parse_ratelimit_headers(response.headers)
    wanted = response.headers.get("Retry-After", "")
    pause_s = float(wanted) if wanted.isdigit() else None
    if pause_s is None and limit is not None and limit.remaining == 0:
        pause_s = float(limit.reset_in_seconds)
    raise HubBusyError(f"the Hub answers {status} {response.reason_phrase}", pause_s)


def hub_error(error: BaseException) -> BaseException:
    """Find the Hub's error in one that the client has wrapped (uploads, and downloads)."""
    inner = error.__cause__
    wrapped = isinstance(error, RuntimeError | LocalEntryNotFoundError)
    if wrapped and isinstance(inner, httpx2.HTTPError | OSError):
        return inner
    return error


def is_unclear(error: BaseException) -> bool:
    """Tell whether an error leaves open what the Hub did, or asks for another attempt.

    A RuntimeError is hf_xet's: what a transfer of its met, before any commit.
    """
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in {*_BUSY_STATUSES, 412}
    away = (
        HubBusyError,
        httpx2.TransportError,
        LocalEntryNotFoundError,
        ConnectionError,
        RuntimeError,
    )
    return isinstance(error, (*away, json.JSONDecodeError, UnicodeDecodeError))


def in_words(error: BaseException | None) -> str:
    """Word an unclear error, without the Hub's own text where that says nothing to a user."""
    if isinstance(error, HubBusyError):
        return str(error)
    if isinstance(error, httpx2.TimeoutException):
        return "the Hub does not answer"
    if isinstance(error, httpx2.TransportError):
        return f"the connection was lost ({type(error).__name__})"
    if isinstance(error, HfHubHTTPError):
        return f"the Hub answers {error.response.status_code}"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "the Hub's answer cannot be read"
    return f"the transfer failed ({first_line(error)})" if error else "no answer"
