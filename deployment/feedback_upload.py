"""Sends feedback files to a private dataset on the Hub, from a thread that disturbs nothing.

FEEDBACK_REPO names the dataset, HF_TOKEN may write it. A file goes to data/ under its own name and
as a whole, so that what is sent again is the same file and no second one.
"""

# huggingface_hub's CommitScheduler is no help here: it loses what has come since its last round
# when the process is told to end (it pushes when Python exits by itself, which SIGTERM prevents),
# and it raises from its constructor if the Hub is away when the Space starts.

import logging
import threading
from collections.abc import Mapping
from typing import Literal, Protocol

import httpx2
from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.utils import get_session

EVERY_S = 300.0
LAST_CALL_S = 5.0
"""How long the end of the process may wait for the last files."""

_TIMEOUT = httpx2.Timeout(30.0, connect=10.0)  # the client's own commits wait for ever
_ATTEMPTS = 3
_MOVED = 412
_PASSING = {408, 409, _MOVED, 429}

_log = logging.getLogger(__name__)


class Kept(Protocol):
    """What has files to send: `feedback.FeedbackFile`."""

    def unsent(self, sent: Mapping[str, int]) -> dict[str, bytes]:
        """Read the files that hold more than what was sent of them, by name."""

    def forget(self, sent: Mapping[str, int]) -> None:
        """Remove what was sent and is complete."""


class RefusedError(Exception):
    """The files must not go to this repo."""


class FeedbackUpload:
    """Sends files every few minutes, when it is told to hurry, and before it stops.

    Attributes:
        standing: "waiting" until the repo is known to be private and the token to be good for it,
            and whenever the Hub does not answer; "sending" while files get there; "refused" while
            the repo is public or the token may not write there.
    """

    def __init__(self, repo_id: str, token: str, every_s: float = EVERY_S) -> None:
        """Take a dataset's repo and a token that may write there; nothing is asked before start."""
        self.standing: Literal["waiting", "sending", "refused"] = "waiting"
        self._repo_id = repo_id
        self._token = token
        self._every_s = every_s
        self._sent: dict[str, int] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._said = ""

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "FeedbackUpload | None":
        """Read FEEDBACK_REPO and HF_TOKEN; None where one of them is missing."""
        repo_id, token = settings.get("FEEDBACK_REPO", ""), settings.get("HF_TOKEN", "")
        if repo_id and not token:
            _log.warning("feedback stays here: FEEDBACK_REPO is set, HF_TOKEN is not")
        return cls(repo_id, token) if repo_id and token else None

    def start(self, kept: Kept) -> None:
        """Begin, in a thread that ends with the process."""
        self._thread = threading.Thread(
            target=self._run, args=(kept,), name="feedback", daemon=True
        )
        self._thread.start()

    def hurry(self) -> None:
        """Send now; returns at once."""
        self._wake.set()

    def stop(self, most_s: float = LAST_CALL_S) -> None:
        """Send what is left and end; after `most_s` whatever is under way is given up."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(most_s)

    def _run(self, kept: Kept) -> None:
        while not self._stopping:
            self._send_calmly(kept)
            self._wake.wait(self._every_s)
            self._wake.clear()
        self._send_calmly(kept)

    def _send_calmly(self, kept: Kept) -> None:
        """Send, whatever may come of it; the files are there for the next time."""
        try:
            self._send(kept)
        except (RefusedError, httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
            self.standing = "refused" if _is_refusal(error) else "waiting"
            self._say(f"{type(error).__name__}: {error}")
            return
        self.standing = "sending"
        self._say("")

    def _send(self, kept: Kept) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            files = kept.unsent(self._sent)
            if not files and self.standing == "sending":
                return
            try:
                self._commit(files)
            except HfHubHTTPError as error:
                # Another Space's commit came between; without `parent_commit`, a commit of ours
                # that was given up could arrive late and undo a newer one.
                if error.response.status_code == _MOVED and attempt < _ATTEMPTS:
                    continue
                raise
            self._sent |= {name: len(content) for name, content in files.items()}
            kept.forget(self._sent)
            return

    def _commit(self, files: Mapping[str, bytes]) -> None:
        """Commit files on top of the repo as it is; the client leaves out what it has already."""
        get_session().timeout = _TIMEOUT  # each time: after a lost connection it is another one
        api = HfApi(token=self._token)
        head = self._check_repo(api)
        if files:
            api.create_commit(
                self._repo_id,
                [CommitOperationAdd(f"data/{name}", content) for name, content in files.items()],
                commit_message="Feedback from the Space",
                repo_type="dataset",
                parent_commit=head,
            )

    def _check_repo(self, api: HfApi) -> str | None:
        """Create the repo if it is not there, refuse one that is public; give its newest commit."""
        try:
            info = api.dataset_info(self._repo_id)
        except RepositoryNotFoundError:
            api.create_repo(self._repo_id, repo_type="dataset", private=True, exist_ok=True)
            info = api.dataset_info(self._repo_id)
        if not info.private:
            raise RefusedError(f"{self._repo_id} is public; make it private")
        if self.standing != "sending":
            api.auth_check(self._repo_id, repo_type="dataset", write=True)
        return info.sha

    def _say(self, trouble: str) -> None:
        """Log what has changed, in one line and without the token."""
        line = " ".join(trouble.replace(self._token, "[token]").split())
        if line != self._said:
            if line:
                _log.warning("feedback stays here for now: %s", line)
            else:
                _log.info("feedback goes to %s again", self._repo_id)
        self._said = line


def _is_refusal(error: Exception) -> bool:
    """Tell what trying again does not change from what passes."""
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return 400 <= status < 500 and status not in _PASSING
    return isinstance(error, RefusedError | HFValidationError)
