"""Which model answers now: the best one that is in, while better ones are tried for.

The word model stands on the lowest rung from the first moment on. A thread climbs from there.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reeltalk_inference.loading import LOADING_ERRORS, LoadedModel, Source, load, load_words

LEVELS = ("modern", "standard", "public", "words")
"""From the best to the last resort."""

PUBLIC_MODEL = (
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    "@714eb0fa89d2f80546fda750413ed43d93601a13"
)
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 900.0

_log = logging.getLogger(__name__)


class Ladder:
    """Holds the models that are in, and why the others are not. Safe to read from any thread."""

    def __init__(self, words: LoadedModel, sources: Sequence[Source]) -> None:
        """Stand on the word model; `start` climbs to the sources."""
        self._loaded = {"words": words}
        self._sources = {source.level: source for source in sources}
        self._stopped = threading.Event()
        self.reasons: dict[str, str] = {
            level: f"{level.upper()}_MODEL is not set"
            for level in LEVELS[:2]
            if level not in self._sources
        }
        self.loading = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, str], word_model_file: Path) -> "Ladder":
        """Read MODERN_MODEL, STANDARD_MODEL and PUBLIC_MODEL (`owner/name@commit` or a folder).

        Raises:
            UnusableModelError: if the bundled word model is missing or damaged.
        """
        places = {
            "modern": settings.get("MODERN_MODEL", ""),
            "standard": settings.get("STANDARD_MODEL", ""),
            "public": settings.get("PUBLIC_MODEL", PUBLIC_MODEL),
        }
        sources = [Source(level, place) for level, place in places.items() if place]
        return cls(load_words(word_model_file), sources)

    @property
    def best(self) -> LoadedModel:
        """Give the model that answers."""
        loaded = self._loaded
        return next(loaded[level] for level in LEVELS if level in loaded)

    def at(self, level: str) -> LoadedModel | None:
        """Give the model of one rung, or None while it is not in."""
        return self._loaded.get(level)

    def start(self) -> None:
        """Begin to climb, in a thread that ends with the process."""
        self.loading = True
        threading.Thread(target=self._climb, name="models", daemon=True).start()

    def stop(self) -> None:
        """End the climb after the attempt that is under way."""
        self._stopped.set()

    def _climb(self) -> None:
        try:
            for pause_s in pauses():
                self._try_all()
                self.loading = False
                if not self._missing() or self._stopped.wait(pause_s):
                    return
        finally:
            self.loading = False

    def _try_all(self) -> None:
        """Try what is missing; the public model only where neither of the project's is in."""
        for level in self._missing():
            self._try(level)
        if "modern" in self._loaded or "standard" in self._loaded:
            self._replace({k: model for k, model in self._loaded.items() if k != "public"})
        elif "public" in self._sources and "public" not in self._loaded:
            self._try("public")

    def _missing(self) -> list[str]:
        return [one for one in LEVELS[:2] if one in self._sources and one not in self._loaded]

    def _try(self, level: str) -> None:
        try:
            model = load(self._sources[level])
        except LOADING_ERRORS as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            self.reasons[level] = reason
            _log.warning("the %s model is not in: %s", level, reason)
            return
        self.reasons.pop(level, None)
        self._replace({**self._loaded, level: model})
        _log.info("the %s model is in: %s at %s", level, model.name, model.revision)

    def _replace(self, loaded: dict[str, LoadedModel]) -> None:
        """Swap the whole table at once: readers never see half of a change."""
        self._loaded = loaded


def pauses() -> Iterator[float]:
    """Give the seconds to wait after each round, doubling up to a quarter of an hour."""
    pause_s = FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
