"""A Hub on 127.0.0.1 for the real clients: git repositories, large files, accounts and Spaces."""

from tests.hub.accounts import Token
from tests.hub.faults import Fault
from tests.hub.hub import Hub
from tests.hub.spaces import Space

__all__ = ["Fault", "Hub", "Space", "Token"]
