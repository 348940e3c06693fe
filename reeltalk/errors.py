"""The one error that a user can fix. It owns no messages: each module words its own."""


class ReelTalkError(Exception):
    """A mistake in the input, the flags or the surroundings that the user can put right.

    The message is one line that says what is wrong, the offending value, and what to do.
    `reeltalk.command_line` prints it and ends with exit code 2; nothing else catches it.
    """
