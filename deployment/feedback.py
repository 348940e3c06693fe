"""Keeps visitors' answers to "Did it get this right?": lines of JSON in files of this server.

The text of a review is kept only where its visitor ticked the box.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PERSISTENT = Path("/data")
"""Where a Space mounts the storage that survives a restart, if it has any."""

MOST_BYTES = 20_000_000
"""Once the files of a folder hold this much, no more is kept."""

_log = logging.getLogger(__name__)


class FeedbackFile:
    """One file per process, appended to and flushed with each answer."""

    def __init__(self, folder: Path) -> None:
        """Name the file; nothing is written before the first answer."""
        self._folder = folder
        self._file = folder / f"feedback-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.jsonl"
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "FeedbackFile":
        """Choose FEEDBACK_DIR, else the Space's storage, else a folder beside the app."""
        chosen = settings.get("FEEDBACK_DIR", "")
        if chosen:
            return cls(Path(chosen))
        if PERSISTENT.is_dir() and os.access(PERSISTENT, os.W_OK):
            return cls(PERSISTENT / "feedback")
        return cls(Path(__file__).resolve().parent / "feedback")

    def keep(self, answer: Mapping[str, Any]) -> bool:
        """Append one answer; tell whether it is on disk."""
        line = json.dumps({"time": round(time.time(), 3), **answer}) + "\n"
        try:
            with self._lock:
                self._folder.mkdir(parents=True, exist_ok=True)
                if self._bytes_kept() + len(line) > MOST_BYTES:
                    return False
                with self._file.open("a", encoding="utf-8") as stream:
                    stream.write(line)
                    stream.flush()
                    os.fsync(stream.fileno())
        except OSError as error:
            _log.warning("feedback is not kept: %s", error)
            return False
        return True

    def _bytes_kept(self) -> int:
        return sum(file.stat().st_size for file in self._folder.glob("feedback-*.jsonl"))
