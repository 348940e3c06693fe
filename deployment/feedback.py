"""Keeps visitors' answers to "Did it get this right?": lines of JSON in files of this server.

The text of a review is kept only where its visitor ticked the box. Where the files go from here
is feedback_upload's.
"""

import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from feedback_upload import FeedbackUpload

PERSISTENT = Path("/data")
"""Where a Space mounts the storage that survives a restart, if it has any."""

MOST_BYTES = 20_000_000
"""Once the files of a folder hold this much, no more is kept."""

MOST_FILE_BYTES = 1_000_000
"""A file that holds this much is followed by another: what has changed goes up whole each time."""

_DAY_S = 86_400

_log = logging.getLogger(__name__)


class FeedbackFile:
    """One file per process and day, appended to and flushed with each answer."""

    def __init__(self, folder: Path, upload: FeedbackUpload | None = None) -> None:
        """Take a folder, and what sends its files on; nothing is written before the first answer.

        Args:
            folder: where the files are.
            upload: None where they stay.
        """
        self._folder = folder
        self._upload = upload
        self._file: Path | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "FeedbackFile":
        """Choose FEEDBACK_DIR, else the Space's storage, else a folder beside the app."""
        upload = FeedbackUpload.from_settings(settings)
        chosen = settings.get("FEEDBACK_DIR", "")
        if chosen:
            return cls(Path(chosen), upload)
        if PERSISTENT.is_dir() and os.access(PERSISTENT, os.W_OK):
            return cls(PERSISTENT / "feedback", upload)
        return cls(Path(__file__).resolve().parent / "feedback", upload)

    @property
    def goes_to(self) -> Literal["here", "soon", "hub"]:
        """Tell where an answer goes, as far as is known: to files alone, or to the Hub as well."""
        if self._upload is None or self._upload.standing == "refused":
            return "here"
        return "hub" if self._upload.standing == "sending" else "soon"

    def start(self) -> None:
        """Begin to send the files on, those that an earlier process left among them."""
        if self._upload is not None:
            self._upload.start(self)

    def hurry(self) -> None:
        """Have what is kept sent now; returns at once, and may be called by a signal's handler."""
        if self._upload is not None:
            self._upload.hurry()

    def stop(self) -> None:
        """Send what is left, within seconds; what does not get through stays in its file."""
        if self._upload is not None:
            self._upload.stop()

    def keep(self, answer: Mapping[str, Any]) -> bool:
        """Append one answer; tell whether it is on disk."""
        line = (json.dumps({"time": round(time.time(), 3), **answer}) + "\n").encode("ascii")
        try:
            with self._lock:
                self._folder.mkdir(parents=True, exist_ok=True)
                if sum(file.stat().st_size for file in self._files()) + len(line) > MOST_BYTES:
                    return False
                _append(self._current(), line)
        except OSError as error:
            _log.warning("feedback is not kept: %s", error)
            return False
        return True

    def unsent(self, sent: Mapping[str, int]) -> dict[str, bytes]:
        """Read the files that hold more than what was sent of them, by name; whole lines alone."""
        read = {}
        with self._lock:
            for file in self._files():
                if file.stat().st_size > sent.get(file.name, 0):
                    content = file.read_bytes()
                    read[file.name] = content[: content.rfind(b"\n") + 1]
        return {name: content for name, content in read.items() if len(content) > sent.get(name, 0)}

    def forget(self, sent: Mapping[str, int]) -> None:
        """Remove the files that were sent whole and that no process appends to any more."""
        # A process begins a new file each day, so nobody holds one of the day before yesterday.
        yesterday = time.strftime("%Y%m%d", time.gmtime(time.time() - _DAY_S))
        with self._lock:
            for file in self._files():
                is_past = file.name.split("-")[1][:8] < yesterday
                if is_past and file.stat().st_size == sent.get(file.name):
                    file.unlink()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("feedback-*.jsonl"))

    def _current(self) -> Path:
        """Give the file to append to: a new one each day, and after each megabyte."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        file = self._file
        is_of_today = file is not None and file.name.split("-")[1][:8] == now[:8]
        if file is None or not is_of_today or _size(file) > MOST_FILE_BYTES:
            file = self._folder / f"feedback-{now}-{secrets.token_hex(4)}.jsonl"
        self._file = file
        return file


def _append(file: Path, line: bytes) -> None:
    """Write a line whole and to the disk, or leave the file as it was."""
    before = _size(file)
    with file.open("ab", buffering=0) as stream:
        try:
            if stream.write(line) != len(line):
                raise OSError(f"{file}: the disk took a part of the answer")
            os.fsync(stream.fileno())
        except OSError:
            stream.truncate(before)
            raise


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
