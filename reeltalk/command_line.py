"""From a command line to a configuration, and from an error to one line and an exit code."""

import errno
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import tyro
from reeltalk_inference.errors import UnusableModelError

from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import DISK_ERRORS
from reeltalk.terminal import warn

Config = TypeVar("Config")

EXIT_PARTLY = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130

# --resume, and no --no-resume beside it.
_PLAIN_FLAGS = (tyro.conf.FlagCreatePairsOff,)

_FILE_ERRORS = {errno.EACCES, errno.EISDIR, errno.ENOENT, errno.ENOTDIR, errno.EPERM}


def parse(config_class: type[Config]) -> Config:
    """Build a configuration from the process's arguments."""
    return tyro.cli(config_class, config=_PLAIN_FLAGS)


def parse_command(config_classes: dict[str, Callable[..., Any]], prog: str) -> Any:  # noqa: ANN401
    """Build the configuration of the command that the process's first argument names."""
    return tyro.extras.subcommand_cli_from_dict(config_classes, prog=prog, config=_PLAIN_FLAGS)


def run(command: Callable[[], None]) -> None:
    """Run a command; end the process with one line and exit code 2 for a user's mistake."""
    try:
        command()
    except (ReelTalkError, UnusableModelError) as error:
        warn(f"error: {error}")
        sys.exit(EXIT_MISTAKE)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say to it.
        sys.stderr.close()
        sys.exit(EXIT_INTERRUPTED)
    except OSError as error:
        if error.errno not in _FILE_ERRORS | DISK_ERRORS:
            raise
        warn(f"error: {error.filename or 'the disk'}: {error.strerror}")
        sys.exit(EXIT_MISTAKE)
    except KeyboardInterrupt as interruption:
        warn(str(interruption) or "interrupted; nothing was replaced")
        sys.exit(EXIT_INTERRUPTED)
