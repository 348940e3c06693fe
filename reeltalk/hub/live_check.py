"""Asks a running Space the edge cases and holds its answers against the local model's."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from reeltalk_inference import Predictor, Verdict

from reeltalk.errors import ReelTalkError
from reeltalk.tables import read_rows

CASES_FILE = Path("data/edge_cases.csv")

MOST_APART = 0.05
"""How far two probabilities may lie apart: int8 kernels differ from processor to processor."""

_AT_ONCE = 16
_BETWEEN_LOOKS_S = 2.0


@dataclass(frozen=True)
class LiveCheck:
    """What asking a Space has shown.

    Attributes:
        cases: texts asked.
        apart: the greatest distance between two probabilities.
        model, revision: that model.
    """

    cases: int
    apart: float
    model: str
    revision: str


def check_live(
    host: str, folder: Path, pinned: str, most_s: float, token: str | None = None
) -> LiveCheck:
    """Ask a Space every edge case; compare its verdicts with those of the local model folder.

    Waits until the Space answers with the model that it is wired to: it starts on a smaller one
    while that is loading.

    Args:
        host: the Space's address.
        folder: the local folder of the model that it is wired to.
        pinned: that model as owner/name@revision.
        most_s: seconds to wait for it.
        token: what a private Space wants to see; never sent to a public one.

    Raises:
        ReelTalkError: if it does not answer, answers with another model, or says something else.
    """
    texts = [row["text"] for row in read_rows(CASES_FILE)]
    with open_space(host, token) as space:
        health = wait_for_model(space, pinned, most_s)
        answers = [
            verdict
            for start in range(0, len(texts), _AT_ONCE)
            for verdict in _ask(space, texts[start : start + _AT_ONCE])
        ]
    expected = Predictor.from_folder(folder).predict(texts)
    apart = _most_apart(texts, answers, expected)
    return LiveCheck(len(texts), apart, health["model"], health["revision"])


def open_space(host: str, token: str | None) -> httpx2.Client:
    """Open a Space's address; a private one wants to see a token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.Client(base_url=host, headers=headers, timeout=30)


def wait_for_model(space: httpx2.Client, pinned: str, most_s: float) -> dict[str, Any]:
    """Look at /healthz until the wired model answers; give what it says.

    Raises:
        ReelTalkError: if it does not within `most_s`.
    """
    end, seen = time.monotonic() + most_s, "it does not answer"
    while True:
        try:
            health = space.get("/healthz").raise_for_status().json()
            if f"{health['model']}@{health['revision']}" == pinned:
                return health
            seen = f"it answers with {health['model']} ({health['level']})"
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            seen = f"/healthz: {str(error) or type(error).__name__}".splitlines()[0]
        if time.monotonic() > end:
            raise ReelTalkError(
                f"{space.base_url} is up, but after {most_s:.0f} s {seen} and not with {pinned}; a "
                "Space that reads private models needs a read token as its secret HF_TOKEN"
            )
        time.sleep(_BETWEEN_LOOKS_S)


def _ask(space: httpx2.Client, texts: list[str]) -> list[dict[str, Any]]:
    try:
        answer = space.post("/v1/predict", json={"texts": texts}).raise_for_status().json()
        verdicts = list(answer["verdicts"])
        if len(verdicts) != len(texts):
            raise ValueError(f"{len(verdicts)} verdicts for {len(texts)} texts")
        return [{key: one[key] for key in ("label", "probabilities")} for one in verdicts]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise ReelTalkError(
            f"{space.base_url}v1/predict does not answer as it should: {error or type(error)}"
        ) from error


def _most_apart(texts: list[str], answers: list[dict[str, Any]], expected: list[Verdict]) -> float:
    """Give the greatest distance of two probabilities; refuse verdicts that differ."""
    apart = 0.0
    for text, answer, local in zip(texts, answers, expected, strict=True):
        theirs = answer["probabilities"] or {}
        ours = local.probabilities or {}
        distance = max((abs(ours[label] - theirs.get(label, -1)) for label in ours), default=0.0)
        close = max(ours.values(), default=1.0) < 0.5 + MOST_APART
        if distance > MOST_APART or (answer["label"] != local.label and not close):
            raise ReelTalkError(
                f"the Space says {answer['label']} {theirs} of {text[:60]!r}, and the local model "
                f"{local.label} {ours}; is it wired to these weights?"
            )
        apart = max(apart, distance)
    return apart
