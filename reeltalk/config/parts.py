"""What all configurations share: how flags look on the command line, and how ranges are checked."""

from typing import Annotated, TypeVar

import tyro

from reeltalk.errors import ReelTalkError

Value = TypeVar("Value")
Positional = Annotated[Value, tyro.conf.Positional]
Flattened = Annotated[Value, tyro.conf.OmitArgPrefixes]


def require(condition: bool, flag: str, value: object, allowed: str) -> None:
    """Refuse a value outside its range, naming the flag, the value and the range."""
    if not condition:
        raise ReelTalkError(f"{flag} {value} is out of range; allowed: {allowed}")
