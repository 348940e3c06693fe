"""Files behind URLs (s3://, gs://, hdfs://, file://: what pyarrow opens): listed and fetched.

The keys to them are their clients' business: a URL with one in it is refused, and what follows
its `?` is in no message.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from reeltalk.errors import ReelTalkError, first_line

_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)

# KEY:SECRET@, also where the secret has an unescaped slash; not HOST:PORT/a@b.
_KEY = re.compile(r"[^:/]+://(?:[^/@:]*:(?!\d+/)[^@?]*@)")


@dataclass(frozen=True)
class Remote:
    """A file behind a URL.

    Attributes:
        url: what its file system is opened by, options and all.
        path: its name there, which no URL has to spell.
    """

    url: str
    path: str


def is_url(name: str | Path) -> bool:
    """Say whether a name is a URL; a letter and a colon is a drive."""
    return _URL.match(str(name)) is not None


def shown(name: str) -> str:
    """Give a name for messages: a URL without its options."""
    return name.partition("?")[0] if is_url(name) else name


def check_no_key(name: str) -> None:
    """Refuse a URL that holds a key or a password, without repeating it.

    Raises:
        ReelTalkError: naming the scheme alone.
    """
    if is_url(name) and _KEY.match(name):
        scheme = name.partition(":")[0]
        raise ReelTalkError(
            f"{scheme}://...: there is a key or a password in the URL; give it to the client's "
            "own settings instead (for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
        )


def list_remote(
    url: str, base_url: str, deep: bool
) -> Iterator[tuple[Remote, PurePosixPath, PurePosixPath, str]]:
    """Yield the files at or under `base_url`, in order.

    Args:
        url: what the user gave, for its options and for messages.
        base_url: the part of it without wildcards and without options.
        deep: whether files in subfolders are listed.

    Yields:
        The file, the folder that was listed, the file's path inside it (empty for the file
        itself), and its size and time of change.

    Raises:
        ReelTalkError: if it cannot be listed.
    """
    import pyarrow
    from pyarrow import fs

    _, mark, options = url.partition("?")
    address = base_url + mark + options
    try:
        files, base = fs.FileSystem.from_uri(address)
        found = [files.get_file_info(base)]
        if not found[0].is_file:
            found = files.get_file_info(fs.FileSelector(base, recursive=deep))
    except (OSError, pyarrow.ArrowException) as error:
        said = _without_options(first_line(error), address)
        raise ReelTalkError(f"{shown(url)} cannot be listed: {said}") from error
    for info in sorted(found, key=lambda info: info.path):
        if info.is_file:
            inside = PurePosixPath(info.path).relative_to(base)
            version = f"{info.size} {info.mtime_ns}"
            yield Remote(address, info.path), PurePosixPath(base), inside, version


def download(remote: Remote, place: Path) -> None:
    """Copy a file behind a URL to this machine.

    Raises:
        ReelTalkError: if it cannot be read there.
    """
    import pyarrow
    from pyarrow import fs

    try:
        files, _ = fs.FileSystem.from_uri(remote.url)
        with (
            files.open_input_stream(remote.path, compression=None) as source,
            place.open("wb") as copy,
        ):
            shutil.copyfileobj(source, copy, 1 << 20)
    except (OSError, pyarrow.ArrowException) as error:
        said = _without_options(first_line(error), remote.url)
        raise ReelTalkError(f"{remote.path} cannot be fetched: {said}") from error


def _without_options(said: str, url: str) -> str:
    options = url.partition("?")[2]
    for repeated in (options, unquote(options)):
        said = said.replace(f"?{repeated}", "") if repeated else said
    return said
