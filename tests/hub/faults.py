"""What goes wrong on demand: rules that spoil chosen requests, before or after they take effect."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from tests.hub.messages import Response, answer


@dataclass
class Fault:
    """Spoil `times` requests whose method and path match, after letting `skip` of them through.

    Attributes:
        method: a regular expression for all of the method.
        path: a regular expression for any part of the decoded path with its query.
        kind: `status` answers `status`; `reset` drops the connection (RST); `delay` waits
            `delay_s`; `truncate` cuts the body short; `corrupt` changes one byte of it.
        when: "before": the request has no effect; "after": it has, and only the answer is spoilt.
        at: the byte that `corrupt` changes; the last one unless told.
    """

    path: str = ".*"
    kind: Literal["status", "reset", "delay", "truncate", "corrupt"] = "status"
    method: str = ".*"
    when: Literal["before", "after"] = "before"
    times: int = 1
    skip: int = 0
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    at: int = -1

    def takes(self, method: str, path: str) -> bool:
        """Count a request, and say whether it is one to spoil."""
        if not (re.fullmatch(self.method, method) and re.search(self.path, path)):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times:
            self.times -= 1
            return True
        return False

    def spoil(self, respond: Callable[[], Response]) -> Response | None:
        """Answer a request that `respond` would answer well; None: drop the connection."""
        real = Response()
        if self.kind == "delay" and self.when == "before":
            time.sleep(self.delay_s)
        if self.when == "after" or self.kind not in ("status", "reset"):
            real = respond()
        if self.kind == "delay" and self.when == "after":
            time.sleep(self.delay_s)
        if self.kind == "status":
            return answer({"error": "a fault of the test"}, self.status, self.headers)
        if self.kind == "truncate":
            return replace(real, cut_at=len(real.body) // 2)
        if self.kind == "corrupt" and real.body:
            spoilt = bytearray(real.body)
            spoilt[self.at] ^= 0xFF
            return replace(real, body=bytes(spoilt))
        return None if self.kind == "reset" else real


def fault_for(faults: list[Fault], method: str, path: str) -> Fault | None:
    """Let every rule count the request; the first one that takes it spoils it."""
    taking = [fault for fault in faults if fault.takes(method, path)]
    return taking[0] if taking else None
