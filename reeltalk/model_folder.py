"""The model folder that every later part relies on: its files, its hashes, and its replacement.

A folder is built beside its place and moved in by one system call, so that a crash leaves the
old model or the new one, and never half of either.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reeltalk.errors import ReelTalkError

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
RUN_FILE = "run.json"
METRICS_FILE = "metrics.json"
PUBLISHED_FILE = "published.json"

DISK_ERRORS = {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EROFS}

_REFUSED_WRITES = ("I/O error", "PytorchStreamWriter failed")

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAME_SWAP = 2


@contextmanager
def new_model_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder to fill; move it to `place` if the block ends without an error.

    What stood at `place` is removed afterwards. If the block raises, `place` is untouched and
    the unfinished folder is removed; after a kill it stays behind as `.NAME-new-*` and the next
    run removes it.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    for leftover in place.parent.glob(f".{place.name}-new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-new-", dir=place.parent))
    try:
        yield folder
        folder.chmod(0o755)
        if (place / PUBLISHED_FILE).is_file():
            # The way back to what was published outlives the model that was.
            shutil.copy2(place / PUBLISHED_FILE, folder)
        for file in folder.rglob("*"):
            if file.is_file():
                flush_to_disk(file)
        _move_into_place(folder, place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_writable(place: Path, needed_bytes: int) -> None:
    """Refuse an output folder that cannot be written or whose disk has too little room.

    Puts back an old model that a kill left aside.

    Raises:
        ReelTalkError: before anything long has begun.
    """
    if not place.name or place.is_mount():
        raise ReelTalkError(
            f"--output-dir {place} cannot be replaced in one step; name a folder in it"
        )
    parent, aside = place.parent, _aside(place)
    if aside.exists() and not place.exists():
        # A kill between the two renames of a file system without an exchange.
        aside.rename(place)
    if place.exists() and not place.is_dir():
        raise ReelTalkError(f"{place} is a file; name a folder with --output-dir")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}-probe-", dir=parent):
            free = shutil.disk_usage(parent).free
    except OSError as error:
        raise ReelTalkError(
            f"{parent} cannot be written ({error.strerror}); choose another --output-dir"
        ) from error
    if free < needed_bytes:
        raise ReelTalkError(
            f"{parent} has {free / 1e9:.1f} GB free and this run needs "
            f"{needed_bytes / 1e9:.1f} GB; free some or choose another --output-dir"
        )


@contextmanager
def only_run(place: Path, flag: str = "--output-dir") -> Iterator[None]:
    """Hold the right to write `place` on this machine; a second run would mix its files in.

    The lock goes with the process that holds it, whatever ends it. Windows has no such lock.

    Raises:
        ReelTalkError: if another run holds it.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    name = hashlib.sha256(os.fsencode(place.resolve())).hexdigest()[:16]
    file = Path(tempfile.gettempdir()) / f"reeltalk-{os.getuid()}-{name}.lock"
    with file.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReelTalkError(
                f"another run is writing {place}; wait for it, or name another {flag}"
            ) from None
        yield


def check_file_place(file: Path | None) -> None:
    """Make the folder that a result will be written to; refuse a place that cannot take it.

    Raises:
        ReelTalkError: before anything long has begun.
    """
    if file is None:
        return
    if file.is_dir():
        raise ReelTalkError(f"{file} is a folder; name a file in it")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise ReelTalkError(f"{file.parent} cannot be written ({error.strerror})") from error


@contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turn a write that the disk refuses into one line, whatever library it happens in.

    Python and ONNX raise OSError, safetensors its own error, and torch a RuntimeError.
    """
    import safetensors

    try:
        yield
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        refused = isinstance(error, OSError) and error.errno in DISK_ERRORS
        if not refused and not any(sign in str(error) for sign in _REFUSED_WRITES):
            raise
        raise ReelTalkError(
            f"the disk refused a write ({str(error).splitlines()[0]}); {place} is as it was; "
            "make room and continue with --resume"
        ) from error


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object of a model folder.

    Raises:
        ReelTalkError: naming the file, if it is missing or damaged.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReelTalkError(f"{file} is missing; train the model again to get it") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ReelTalkError(f"{file} is damaged: {error}; train the model again") from error
    return content


def write_json(file: Path, content: dict[str, Any]) -> None:
    """Write a JSON object to a new file or over an old one, in one step."""
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    flush_to_disk(unfinished)
    unfinished.replace(file)


def flush_to_disk(path: Path) -> None:
    """Have a file's bytes on the disk before its name, or the names in a folder before the next.

    Otherwise a power cut may leave empty files, or keep a removal and lose what was to be there.
    """
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(file: Path) -> str:
    """Hash a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _move_into_place(folder: Path, place: Path) -> None:
    """Put `folder` at `place` in one step; what was there is then at `folder`."""
    if not place.exists():
        folder.rename(place)
        return
    if _exchange(folder, place):
        return
    # A file system without an exchange: two renames, a moment apart.
    aside = _aside(place)
    shutil.rmtree(aside, ignore_errors=True)
    place.rename(aside)
    folder.rename(place)
    shutil.rmtree(aside, ignore_errors=True)


def _aside(place: Path) -> Path:
    """Where the old model waits while a file system without an exchange renames the new one."""
    return place.with_name(f".{place.name}-old")


def _exchange(first: Path, second: Path) -> bool:
    """Swap two names atomically: renameat2 on Linux, renamex_np on macOS; else say False."""
    names = os.fsencode(first), os.fsencode(second)
    if os.name != "posix":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux" and hasattr(libc, "renameat2"):
        failed = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    elif sys.platform == "darwin":
        failed = libc.renamex_np(names[0], names[1], _RENAME_SWAP)
    else:
        return False
    if failed and ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(second))
    return not failed
