"""One account's way to the Hub: bounded calls, waits that are seen, and errors in one line.

Reads and writes go through `Connection.ask`, which waits out rate limits, server errors and lost
connections. A call that must not be made twice goes through `Connection.ask_once`.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError

from reeltalk.errors import ReelTalkError
from reeltalk.hub.bounded_client import (
    CLIENT_ERRORS,
    HubBusyError,
    bound_every_request,
    hub_error,
    in_words,
    is_unclear,
)
from reeltalk.hub.refusals import explain
from reeltalk.terminal import count_down

Answer = TypeVar("Answer")

LONGEST_PAUSE_S = 60.0
FIRST_CONTACT_S = 15.0
"""How long a Hub that nothing was heard of yet is tried for: there may be no network."""

SPACE_TOKEN = "SPACE_TOKEN"  # noqa: S105
"""The variable with a token that may only read, which the Space reads private models with."""


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
        bound_every_request(timeout_s)

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
        except CLIENT_ERRORS as error:
            cause = hub_error(error)
            self._reached |= isinstance(cause, HubBusyError | HfHubHTTPError)
            if is_unclear(cause):
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
        reason = self.redact(in_words(error))
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
        count_down(f"{doing}: {reason}; trying again", pause_s)
        self._lost_s += pause_s

    def redact(self, text: str) -> str:
        """Take tokens out of a text that is to be shown or kept."""
        for secret in self.secrets:
            text = text.replace(secret, "[token]")
        return text


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
