"""The one error that a user can fix. It owns no messages: each module words its own."""


class ReelTalkError(Exception):
    """A mistake in the input, the flags or the surroundings that the user can put right.

    The message is one line that says what is wrong, the offending value, and what to do.
    `reeltalk.command_line` prints it and ends with exit code 2; nothing else catches it.
    """


def first_line(error: BaseException) -> str:
    """Give another library's error in one line: its first, or its kind where it says nothing."""
    said = str(error).strip().splitlines()
    return said[0] if said else type(error).__name__
