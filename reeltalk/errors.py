"""The one error that a user can fix. It owns no messages: each module words its own."""

from collections.abc import Sequence


class ReelTalkError(Exception):
    """A mistake in the input, the flags or the surroundings that the user can put right.

    The message is one line that says what is wrong, the offending value, and what to do.
    `reeltalk.command_line` prints it and ends with exit code 2; nothing else catches it.
    """


def first_line(error: BaseException) -> str:
    """Give another library's error in one line: its first, or its kind where it says nothing."""
    said = str(error).strip().splitlines()
    return said[0] if said else type(error).__name__


def listed(values: Sequence[object], most: int = 8) -> str:
    """List values in a message, the first few of many."""
    shown = ", ".join(str(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"
