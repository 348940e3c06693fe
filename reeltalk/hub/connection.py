"""One account's way to the Hub: bounded calls, waits that are seen, and errors in one line.

Reads and writes go through `Connection.ask`, which waits out rate limits, server errors and lost
connections. A call that must not be made twice goes through `Connection.ask_once`.
"""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2
from huggingface_hub import HfApi, constants, get_token, set_client_factory
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from huggingface_hub.utils import get_session, parse_ratelimit_headers

from reeltalk.errors import ReelTalkError, first_line
from reeltalk.hub.refusals import explain
from reeltalk.terminal import warn

Answer = TypeVar("Answer")

LONGEST_PAUSE_S = 60.0
FIRST_CONTACT_S = 15.0
"""How long a Hub that nothing was heard of yet is tried for: there may be no network."""

SPACE_TOKEN = "SPACE_TOKEN"  # noqa: S105
"""The variable with a token that may only read, which the Space reads private models with."""

_CLIENT_ERRORS = (
    httpx2.HTTPError,
    LocalEntryNotFoundError,
    ConnectionError,  # hf_xet's, for whatever its transfers meet
    PermissionError,  # XetAuthenticationError
    RuntimeError,
    ValueError,
)
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


class UnclearOutcomeError(Exception):
    """A call may or may not have been carried out; `__cause__` says what happened to it."""


class Connection:
    """The Hub's API with one token, a time limit for each request and one for all trouble.

    `patience_s` is what failing calls and the pauses after them may take, all together. After a
    lost connection the client repeats uploads by itself, a few times; that counts as well.
    """

    def __init__(self, timeout_s: float = 60.0, patience_s: float = 600.0) -> None:
        """Take the token from HF_TOKEN or the file that `hf auth login` writes."""
        self.token = get_token()
        self.endpoint = constants.ENDPOINT
        self.api = HfApi(token=self.token or False)
        self.secrets = [secret for secret in (self.token, os.environ.get(SPACE_TOKEN)) if secret]
        self._patience_s = patience_s
        self._lost_s = 0.0
        self._reached = False
        _bound_every_request(timeout_s)

    def ask(
        self,
        doing: str,
        call: Callable[..., Answer],
        *given: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> Answer:
        """Make a call that may be made twice; wait and repeat it while the Hub is not itself.

        Args:
            doing: what is being done, for the user: "reading owner/name".
            call: a method of `api`, and what it is given.
            given: positional arguments.
            named: keyword arguments.

        Raises:
            ReelTalkError: if the Hub refuses, or has not recovered within `patience_s`.
        """
        for attempt in itertools.count():
            try:
                return self.ask_once(doing, call, *given, **named)
            except UnclearOutcomeError as unclear:
                self.wait(doing, unclear, attempt)
        raise AssertionError

    def ask_once(
        self,
        doing: str,
        call: Callable[..., Answer],
        *given: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> Answer:
        """Make a call once.

        Raises:
            ReelTalkError: if the Hub refuses it, so that nothing was changed.
            UnclearOutcomeError: if the Hub did not answer, or not as itself.
        """
        begun = time.monotonic()
        try:
            answer = call(*given, **named)
        except _CLIENT_ERRORS as error:
            cause = _hub_error(error)
            self._reached |= isinstance(cause, HubBusyError | HfHubHTTPError)
            if _is_unclear(cause):
                self._lost_s += time.monotonic() - begun
                raise UnclearOutcomeError from cause
            reason = " ".join(str(cause).split())
            if isinstance(cause, HfHubHTTPError):
                reason = explain(cause)
            raise ReelTalkError(self.redact(f"{doing}: {reason}")) from cause
        self._reached = True
        return answer

    def wait(self, doing: str, unclear: UnclearOutcomeError, attempt: int) -> None:
        """Wait before another attempt, counting down on the screen.

        Raises:
            ReelTalkError: if that would be longer than the user's patience; a Hub that was never
                reached in this run is given up sooner.
        """
        error = unclear.__cause__
        named = error.pause_s if isinstance(error, HubBusyError) else None
        pause_s = min(2.0**attempt, LONGEST_PAUSE_S) if named is None else named + 1
        reason = self.redact(_in_words(error))
        if not self._reached and self._lost_s + pause_s > FIRST_CONTACT_S:
            raise ReelTalkError(
                f"the Hub ({self.endpoint}) does not answer; nothing was written; connect and try "
                "again"
            ) from error
        if self._lost_s + pause_s > self._patience_s:
            raise ReelTalkError(
                f"{doing}: {reason}; gave up after {self._lost_s:.0f} s (--patience-s "
                f"{self._patience_s:g}, and the next pause would be {pause_s:.0f} s); run the same "
                "command again later: what was done is found and not done twice"
            ) from error
        _count_down(f"{doing}: {reason}; trying again", pause_s)
        self._lost_s += pause_s

    def redact(self, text: str) -> str:
        """Take tokens out of a text that is to be shown or kept."""
        for secret in self.secrets:
            text = text.replace(secret, "[token]")
        return text


def _bound_every_request(timeout_s: float) -> None:
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


def _hub_error(error: BaseException) -> BaseException:
    """Find the Hub's error in one that the client has wrapped (uploads, and downloads)."""
    inner = error.__cause__
    wrapped = isinstance(error, RuntimeError | LocalEntryNotFoundError)
    if wrapped and isinstance(inner, httpx2.HTTPError | OSError):
        return inner
    return error


def _is_unclear(error: BaseException) -> bool:
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
    return isinstance(error, (*away, json.JSONDecodeError))


def _in_words(error: BaseException | None) -> str:
    if isinstance(error, HubBusyError):
        return str(error)
    if isinstance(error, httpx2.TimeoutException):
        return "the Hub does not answer"
    if isinstance(error, httpx2.TransportError):
        return f"the connection was lost ({type(error).__name__})"
    if isinstance(error, HfHubHTTPError):
        return f"the Hub answers {error.response.status_code}"
    if isinstance(error, json.JSONDecodeError):
        return "the Hub's answer cannot be read"
    return f"the transfer failed ({first_line(error)})" if error else "no answer"


def _count_down(line: str, pause_s: float) -> None:
    """Show the seconds left, on a terminal; in a log, say once how long it takes."""
    if not sys.stderr.isatty():
        warn(f"{line} in {pause_s:.0f} s")
        time.sleep(pause_s)
        return
    end = time.monotonic() + pause_s
    while (left := end - time.monotonic()) > 0:
        print(f"\r{line} in {left:.0f} s \033[K", end="", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(min(left, 1.0))
    warn("")


@contextmanager
def saying_what_was_done(done: list[str]) -> Iterator[None]:
    """On Ctrl-C, have the user told which steps are behind."""
    try:
        yield
    except KeyboardInterrupt:
        behind = "; ".join(done) if done else "nothing was finished"
        raise KeyboardInterrupt(
            f"interrupted; done so far: {behind}; the same command finishes the rest"
        ) from None
