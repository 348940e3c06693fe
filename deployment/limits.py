"""How much one visitor may ask for at once, and how often; the same for the page and the API."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CHARACTERS = 20_000
"""Of one review."""

MOST_TEXTS = 64
"""Of one request to /v1/predict."""

MOST_BODY_BYTES = 8_000_000
"""Of one request: 64 reviews of 20,000 characters, each written as a JSON escape."""

MOST_ROWS = 2_000
"""Of one file in the Batch tab."""

REQUESTS_PER_MINUTE = 300
"""Of one client, to the API and the page together."""

MOST_WAITING = 64
"""Requests to the API that are being answered or wait; as many of the page may wait beside them."""

_MOST_CLIENTS = 10_000


class RateLimit:
    """A bucket of requests for each client, filled at a steady rate. Safe from any thread."""

    def __init__(
        self,
        per_minute: float = REQUESTS_PER_MINUTE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let each client make `per_minute` requests at once, and as many each minute."""
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, client: str) -> float:
        """Take one request from the client's bucket; give the seconds to wait if it is empty."""
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(client, (self._capacity, now))
            left = min(self._capacity, left + (now - since) * self._per_second)
            allowed = left >= 1
            self._buckets[client] = (left - allowed, now)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
            return 0.0 if allowed else (1 - left) / self._per_second
