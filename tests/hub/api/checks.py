"""What clients ask before they write: who they are, what they may do, whether a card is right."""

from typing import TYPE_CHECKING

from tests.hub.accounts import describe
from tests.hub.cards import card_problems
from tests.hub.messages import Refusal, Request, Response, answer
from tests.hub.routing import route

if TYPE_CHECKING:
    from tests.hub.hub import Hub


def check_read(hub: "Hub", request: Request) -> Response:
    """Whether the asker may read."""
    hub.repo_to_read(request)
    return Response(200, b"OK")


def check_writing(hub: "Hub", request: Request) -> Response:
    """Whether the asker may write."""
    hub.repo_to_write(request)
    return Response(200, b"OK")


def whoami(hub: "Hub", request: Request) -> Response:
    """Who the token belongs to, and what it may do."""
    token = hub.token(request)
    if token is None:
        raise Refusal(401, "Invalid username or password.")
    return answer(describe(token))


def validate_card(hub: "Hub", request: Request) -> Response:
    """Check a README's front matter."""
    wanted = request.json()
    errors, warnings = card_problems(wanted["content"], wanted.get("repoType") or "model")
    said = {
        "errors": [{"message": error} for error in errors],
        "warnings": [{"message": warning} for warning in warnings],
    }
    return answer(said, 400 if errors else 200)


ROUTES = [
    route("GET", "/api/whoami-v2", whoami),
    route("POST", "/api/validate-yaml", validate_card),
    route("GET", "/api/{kind}/{repo}/auth-check", check_read),
    route("GET", "/api/{kind}/{repo}/auth-check/write", check_writing),
]
