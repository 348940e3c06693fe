"""The Space calls of the API: runtime, hardware, restarts, secrets, variables and logs."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.hub.messages import Refusal, Request, Response, answer
from tests.hub.repos import timestamp
from tests.hub.routing import route
from tests.hub.spaces import Space

if TYPE_CHECKING:
    from tests.hub.hub import Hub

FLAVORS = {
    "cpu-basic": 0.0,
    "cpu-upgrade": 0.0005,
    "zero-a10g": 0.0,
    "t4-small": 0.0067,
    "t4-medium": 0.01,
    "l4x1": 0.0133,
    "a10g-small": 0.0167,
}
"""Dollars a minute."""


def read_runtime(hub: "Hub", request: Request) -> Response:
    """The stage of now; the next look sees the next one."""
    return answer(hub.space(hub.repo_to_read(request).id).look())


def set_hardware(hub: "Hub", request: Request) -> Response:
    """Ask for other hardware; what costs money needs a way to pay."""
    space, wanted = _writable(hub, request), request.json()
    if wanted["flavor"] not in FLAVORS:
        raise Refusal(400, f"Invalid hardware flavor: {wanted['flavor']}")
    if FLAVORS[wanted["flavor"]] > 0:
        raise Refusal(402, "Payment required: add a payment method to use upgraded hardware")
    space.requested_hardware = wanted["flavor"]
    space.sleep_time_s = wanted.get("sleepTimeSeconds", space.sleep_time_s)
    return answer(space.describe())


def set_sleep_time(hub: "Hub", request: Request) -> Response:
    """Set after how long without visitors it sleeps."""
    space = _writable(hub, request)
    space.sleep_time_s = request.json()["seconds"]
    return answer(space.describe())


def restart(hub: "Hub", request: Request) -> Response:
    """Build again."""
    space = _writable(hub, request)
    space.restart()
    return answer(space.describe())


def pause(hub: "Hub", request: Request) -> Response:
    """Stop."""
    space = _writable(hub, request)
    space.pause()
    return answer(space.describe())


def read_settings(hub: "Hub", request: Request) -> Response:
    """List secrets or variables; only who may write sees them."""
    return answer(_writable(hub, request).shown(request.params["settings"]))


def write_setting(hub: "Hub", request: Request) -> Response:
    """Write one."""
    space, what = _writable(hub, request), request.params["settings"]
    space.set(what, request.json())
    return answer(space.shown(what))


def delete_setting(hub: "Hub", request: Request) -> Response:
    """Forget one."""
    space, what = _writable(hub, request), request.params["settings"]
    space.unset(what, request.json()["key"])
    return answer(space.shown(what))


def read_log(hub: "Hub", request: Request) -> Response:
    """Send what was logged as server-sent events, and end the stream."""
    space = _writable(hub, request)
    lines = space.build_log if request.params["log"] == "build" else space.run_log
    now = timestamp(datetime.now(UTC))
    events = [{"data": line.rstrip("\n") + "\n", "timestamp": now} for line in lines]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data:\n\n"
    return Response(200, body.encode(), {"Content-Type": "text/event-stream"})


def list_hardware(hub: "Hub", request: Request) -> Response:
    """The flavors that may be asked for."""
    fields = {"cpu": "2 vCPU", "ram": "16 GB", "unitLabel": "minute", "accelerator": None}
    return answer(
        [
            {"name": name, "prettyName": name}
            | {"unitCostMicroUSD": round(1e6 * price), "unitCostUSD": price}
            | fields
            for name, price in FLAVORS.items()
        ]
    )


def _writable(hub: "Hub", request: Request) -> Space:
    return hub.space(hub.repo_to_write(request).id)


_SPACE = "/api/(?P<kind>spaces)/{repo}"
_SETTINGS = _SPACE + "/(?P<settings>secrets|variables)"
ROUTES = [
    route("GET", "/api/spaces/hardware", list_hardware),
    route("GET", _SPACE + "/runtime", read_runtime),
    route("POST", _SPACE + "/hardware", set_hardware),
    route("POST", _SPACE + "/sleeptime", set_sleep_time),
    route("POST", _SPACE + "/restart", restart),
    route("POST", _SPACE + "/pause", pause),
    route("GET", _SETTINGS, read_settings),
    route("POST", _SETTINGS, write_setting),
    route("DELETE", _SETTINGS, delete_setting),
    route("GET", _SPACE + "/logs/(?P<log>build|run)", read_log),
]
