"""Decides where reviews and the encoder come from: named, the Hub, its cache, or bundled.

The Hub is asked once, with a short time limit. What the user named is used or refused, never
replaced; what the user left open falls back, and one line says to what and what it costs.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Literal

from reeltalk.config import BUNDLED, HUB_BASE, HUB_DATASET
from reeltalk.errors import ReelTalkError, first_line
from reeltalk.tables import SUFFIXES
from reeltalk.terminal import say

PROBE_TIMEOUT_S = 2.5

# Accuracy on IMDb's official test, in percent: README.md, "Results".
BUNDLED_ACCURACY = 85
IMDB_ACCURACY = 93


@dataclass(frozen=True)
class Source:
    """One place to read from.

    Attributes:
        kind: "hub" (`name` is a repo id), "path" (a file or folder), or "bundled".
        name: what the user, or the default, calls it.
        offline: for "hub", whether to read the local cache alone.
        substituted: whether this stands in for what an unreachable Hub did not give.
    """

    kind: Literal["hub", "path", "bundled"]
    name: str
    offline: bool = False
    substituted: bool = False


def choose_dataset(named: str | None, hub: "Hub") -> Source:
    """Decide where labelled reviews come from; `named` is the --dataset flag."""
    return _choose(named, HUB_DATASET, "dataset", hub)


def choose_base(named: str | None, hub: "Hub") -> Source:
    """Decide where the encoder comes from; `named` is the --base flag."""
    return _choose(named, HUB_BASE, "base", hub)


def choose_extra_data(named: str, hub: "Hub") -> Source:
    """Decide where further training reviews come from; `named` is the --extra-data flag."""
    if Path(named).exists():
        return Source("path", named)
    if not _looks_like_repo_id(named):
        raise ReelTalkError(
            f"--extra-data {named}: there is no such file or folder; give a path or a Hub id "
            "(owner/name)"
        )
    if not hub.reachable:
        raise ReelTalkError(
            f"--extra-data {named}: no such file or folder, and the Hub at {hub.endpoint} does not "
            "answer; connect, or give a path"
        )
    return Source("hub", named)


def say_substitutes(hub: "Hub", dataset: Source, base: Source | None = None) -> None:
    """Say in one line what stands in for what the Hub did not give, and what it costs."""
    reviews, encoder = dataset.substituted, base is not None and base.substituted
    if not (reviews or encoder):
        return
    parts = [name for name, used in (("reviews", reviews), ("encoder", encoder)) if used]
    what = " and ".join(f"the bundled {name}" for name in parts)
    cost = f"the bundled encoder gives about {IMDB_ACCURACY} % too, where IMDb is what it learns"
    if reviews:
        cost = (
            f"about {BUNDLED_ACCURACY} % right on IMDb's test, where IMDb gives {IMDB_ACCURACY} %"
        )
    say(f"the Hub ({hub.endpoint}) does not answer: using {what} instead; {cost}")


class Hub:
    """Whether the Hub can be reached, asked when first needed and then remembered."""

    def __init__(self, timeout_s: float = PROBE_TIMEOUT_S) -> None:
        """Set the time limit of the probe."""
        self._timeout_s = timeout_s
        self._reachable: bool | None = None

    @property
    def endpoint(self) -> str:
        """The Hub's address, from HF_ENDPOINT where that is set."""
        from huggingface_hub import constants

        return constants.ENDPOINT

    @property
    def reachable(self) -> bool:
        """Tell whether the Hub answers within the time limit."""
        if self._reachable is None:
            self._reachable = self._probe()
        return self._reachable

    def _probe(self) -> bool:
        """Ask for one small file's headers.

        In a thread of its own: a name server that hangs cannot be interrupted, and the client's
        own retries take 23 seconds for each file.
        """
        from huggingface_hub import constants

        if constants.HF_HUB_OFFLINE:
            return False
        answers: Queue[bool] = Queue()
        Thread(target=lambda: answers.put(self._answers()), daemon=True).start()
        try:
            return answers.get(timeout=self._timeout_s)
        except Empty:
            return False

    def _answers(self) -> bool:
        import httpx2
        from huggingface_hub import hf_hub_url
        from huggingface_hub.utils import get_session

        url = hf_hub_url(HUB_BASE, "config.json")
        try:
            return get_session().head(url, timeout=self._timeout_s).status_code < 500
        except httpx2.TransportError:
            return False


def _choose(named: str | None, default: str, what: Literal["dataset", "base"], hub: Hub) -> Source:
    if named == BUNDLED:
        return Source("bundled", BUNDLED)
    if named is not None and Path(named).exists():
        return Source("path", named)
    repo_id = named or default
    if not _looks_like_repo_id(repo_id):
        raise ReelTalkError(
            f"--{what} {repo_id}: there is no such file or folder; give a path, a Hub id "
            f"(owner/name) or '{BUNDLED}'"
        )
    if hub.reachable:
        return Source("hub", repo_id)
    if _is_cached(repo_id, what):
        return Source("hub", repo_id, offline=True)
    if named is not None:
        raise ReelTalkError(
            f"--{what} {repo_id}: no such file or folder, not in the Hub's cache, and the Hub at "
            f"{hub.endpoint} does not answer; connect, give a path, or use '{BUNDLED}'"
        )
    return Source("bundled", BUNDLED, substituted=True)


def _looks_like_repo_id(name: str) -> bool:
    if name.lower().endswith(SUFFIXES):
        return False
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", name) is not None


def _is_cached(repo_id: str, what: Literal["dataset", "base"]) -> bool:
    if what == "base":
        from huggingface_hub import try_to_load_from_cache

        parts = ("config.json", "model.safetensors", "tokenizer.json")
        return all(isinstance(try_to_load_from_cache(repo_id, part), str) for part in parts)
    import datasets

    # dataset_info.json is what a finished preparation ends with.
    prepared = Path(datasets.config.HF_DATASETS_CACHE) / repo_id.replace("/", "___")
    return any(prepared.rglob("dataset_info.json"))


@contextmanager
def hub_errors(what: str) -> Iterator[None]:
    """Turn what the Hub's clients raise while `what` is read into one line for the user."""
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise ReelTalkError(
            f"{what} is gated: accept its terms on its Hub page and set HF_TOKEN"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ReelTalkError(
            f"{what} is not on the Hub, or is private and HF_TOKEN may not read it"
        ) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, httpx2.TransportError) as error:
        raise ReelTalkError(
            f"{what} could not be read from the Hub: {first_line(error)}"
        ) from error
