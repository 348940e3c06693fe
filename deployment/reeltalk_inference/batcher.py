"""Joins the reviews of callers who ask at the same time into one call of the model.

Who comes while nothing is being read is read at once. Who comes meanwhile waits for the end of that
round, and is read in the next one together with everybody else who waits. A round is short and
takes one review of each caller in turn: a single review never waits behind someone's sixty-four.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence

from reeltalk_inference.verdict import Verdict

Predict = Callable[[Sequence[str]], list[Verdict]]

ROUND_CHARACTERS = 6_000
"""About 1,500 tokens: a tenth of a second of a small model on two cores."""

ROUND_REVIEWS = 64


class _Call:
    """One caller's reviews, and the verdicts so far."""

    def __init__(self, reviews: Sequence[str]) -> None:
        self.reviews = reviews
        self.verdicts: list[Verdict] = []
        self.must_read_alone = False

    @property
    def is_over(self) -> bool:
        return self.must_read_alone or len(self.verdicts) == len(self.reviews)


class Batcher:
    """Stands before a model's `predict` and is called like it. Safe from any thread.

    There is no thread of its own: whichever caller finds nobody reading reads a round for all who
    wait. If the model fails in a round, its reader gets the error, and the others of that round
    are read alone.
    """

    def __init__(self, predict: Predict) -> None:
        """Stand before a `predict` whose verdicts do not depend on what is read beside them."""
        self._predict = predict
        self._line: deque[_Call] = deque()
        self._changed = threading.Condition()
        self._is_reading = False

    def __call__(self, reviews: Sequence[str]) -> list[Verdict]:
        """Give the verdict of each review, in order."""
        call = _Call(reviews)
        with self._changed:
            if reviews:
                self._line.append(call)
        try:
            while self._has_to_read(call):
                self._read_round()
        finally:
            with self._changed:
                if call in self._line:
                    self._line.remove(call)
        return self._predict(reviews) if call.must_read_alone else call.verdicts

    def _has_to_read(self, call: _Call) -> bool:
        """Wait until the call is over (False), or until nobody reads (True)."""
        with self._changed:
            self._changed.wait_for(lambda: call.is_over or not self._is_reading)
            if not call.is_over:
                self._is_reading = True
            return not call.is_over

    def _read_round(self) -> None:
        with self._changed:
            taken = self._take_round()
        verdicts: list[Verdict] = []
        try:
            verdicts = self._predict([review for _, review in taken])
        finally:
            with self._changed:
                for call, _ in taken[len(verdicts) :]:
                    call.must_read_alone = True
                for (call, _), verdict in zip(taken, verdicts, strict=False):
                    call.verdicts.append(verdict)
                self._line = deque(call for call in self._line if not call.is_over)
                self._is_reading = False
                self._changed.notify_all()

    def _take_round(self) -> list[tuple[_Call, str]]:
        """Take one review of each call in turn, from the head of the line, until it is enough."""
        taken: list[tuple[_Call, str]] = []
        line = deque((call, len(call.verdicts)) for call in self._line)
        room = ROUND_CHARACTERS
        while line and len(taken) < ROUND_REVIEWS:
            call, position = line[0]
            room -= len(call.reviews[position])
            if taken and room < 0:
                break
            line.popleft()
            taken.append((call, call.reviews[position]))
            if position + 1 < len(call.reviews):
                line.append((call, position + 1))
        self._line = deque(call for call, _ in line)
        return taken
