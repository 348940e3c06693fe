"""Paths to functions: a table of templates such as `/api/{kind}/{repo}/tree/{rev}`.

Matching happens before percent-decoding, so `refs%2Fpr%2F1` is one part of a path.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.hub.messages import Request, Response

if TYPE_CHECKING:
    from tests.hub.hub import Hub

Handler = Callable[["Hub", Request], Response]

_PARTS = {
    "kind": "models|datasets|spaces",
    "prefix": "datasets/|spaces/|",
    "repo": "[^/]+/[^/]+",
    "path": ".+",
    "number": r"\d+",
    "sha256": "[0-9a-f]{64}",
}


@dataclass(frozen=True)
class Route:
    """A method, a pattern of paths, and who answers them."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


def route(method: str, template: str, handler: Handler) -> Route:
    """Read a template: `{repo}` takes two parts of a path, `{path}` the rest, others one."""
    pattern = re.sub(
        r"\{(\w+)\}", lambda part: f"(?P<{part[1]}>{_PARTS.get(part[1], '[^/]+')})", template
    )
    return Route(method, re.compile(pattern), handler)


def find_route(
    routes: Iterable[Route], method: str, path: str
) -> tuple[Handler, dict[str, str]] | None:
    """Find who answers, with the decoded parts of the path; HEAD is answered like GET."""
    wanted = "GET" if method == "HEAD" else method
    for each in routes:
        if each.method == wanted and (match := each.pattern.fullmatch(path)):
            return each.handler, {name: unquote(part) for name, part in match.groupdict().items()}
    return None
