"""Calls that clients make in passing, and that nothing here depends on."""

from typing import TYPE_CHECKING

from tests.hub.messages import Request, Response, answer
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def read_harnesses(hub: "Hub", request: Request) -> Response:
    """No harness is known."""
    return answer({"standardEnvVars": [], "harnesses": {}})


def take_telemetry(hub: "Hub", request: Request) -> Response:
    """Count nothing."""
    return Response(200)


ROUTES = [
    route("GET", "/api/agent-harnesses", read_harnesses),
    route("GET", "/api/telemetry/{path}", take_telemetry),
]
