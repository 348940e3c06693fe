"""The named endpoints of gradio's client: typed, stable, and bounded like the plain HTTP API."""

from typing import Any

import gradio as gr
from limits import MOST_CHARACTERS, MOST_TEXTS, RateLimit
from reeltalk_inference.explanation import explain as find_parts
from reeltalk_inference.ladder import Ladder
from reeltalk_inference.loading import LoadedModel
from reeltalk_inference.verdict import Verdict

from page.reading import refuse_visitor


def add_endpoints(ladder: Ladder, rate_limit: RateLimit) -> None:
    """Add /predict, /predict_batch, /compare and /explain to the page under construction."""

    def refuse(texts: list[str], request: gr.Request) -> None:
        if refusal := refuse_visitor(request, rate_limit):
            raise gr.Error(refusal, print_exception=False)
        _refuse(texts)

    def predict(text: str, request: gr.Request) -> dict[str, Any]:
        """Say whether a film review is positive or negative, and how sure the model is.

        Args:
            text: the review, in English, of at most 20,000 characters.
            request: who asks; filled in by gradio.
        """
        refuse([text], request)
        return _answer(ladder.best, text)

    def predict_batch(texts: list[str], request: gr.Request) -> list[dict[str, Any]]:
        """Score up to 64 film reviews at once; the answers come in the same order.

        Args:
            texts: the reviews, each of at most 20,000 characters.
            request: who asks; filled in by gradio.
        """
        refuse(texts, request)
        model = ladder.best
        return [_as_dict(verdict, model) for verdict in model.predict(texts)]

    def compare(text: str, request: gr.Request) -> dict[str, Any]:
        """Read one review with the standard and with the modern model.

        Args:
            text: the review, in English, of at most 20,000 characters.
            request: who asks; filled in by gradio.
        """
        refuse([text], request)
        models = {level: ladder.at(level) for level in ("standard", "modern")}
        return {level: _answer(model, text) if model else None for level, model in models.items()}

    def explain(text: str, request: gr.Request) -> dict[str, Any]:
        """Find the words, or in a long review the sentences, that moved the score.

        Args:
            text: the review, in English, of at most 20,000 characters.
            request: who asks; filled in by gradio.
        """
        refuse([text], request)
        explanation = find_parts(text, ladder.best.predict)
        parts = explanation.strongest(len(explanation.parts))
        return {
            "unit": explanation.unit,
            "parts": [
                {"text": text[p.start : p.end], "start": p.start, "effect": round(p.effect, 4)}
                for p in parts
            ],
            "flip": [text[part.start : part.end] for part in explanation.flip],
        }

    for function in (predict, predict_batch, compare, explain):
        gr.api(function, api_name=function.__name__, concurrency_limit=2)


def _refuse(texts: list[str]) -> None:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise gr.Error("Send text.", print_exception=False)
    if not 1 <= len(texts) <= MOST_TEXTS:
        raise gr.Error(f"Send 1 to {MOST_TEXTS} texts.", print_exception=False)
    if any(len(text) > MOST_CHARACTERS for text in texts):
        raise gr.Error(f"A text is over {MOST_CHARACTERS:,} characters.", print_exception=False)


def _answer(model: LoadedModel, text: str) -> dict[str, Any]:
    return _as_dict(model.predict([text])[0], model)


def _as_dict(verdict: Verdict, model: LoadedModel) -> dict[str, Any]:
    return {
        "label": verdict.label,
        "probabilities": {label: round(p, 6) for label, p in verdict.probabilities.items()},
        "confidence": verdict.confidence,
        "windows": verdict.windows,
        "level": model.level,
        "model": model.name,
        "revision": model.revision,
    }
