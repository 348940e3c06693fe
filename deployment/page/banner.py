"""The line above everything: who answers, and why, whenever that is not the modern model."""

from reeltalk_inference.ladder import Ladder
from reeltalk_inference.loading import LoadedModel

from page.markup import escape

_NAMES = {
    "modern": "the modern model",
    "standard": "the standard model",
    "public": "a public model of film sentences",
    "words": "the bundled word model",
}
_LONGEST_REASON = 200


def render_banner(ladder: Ladder) -> str:
    """Draw the banner; nothing while the best model answers."""
    best = ladder.best
    if best.level == "modern":
        return ""
    if ladder.loading:
        why = "The modern model is still loading; better answers are on their way."
    else:
        why = "The modern model is not available"
        why += f" ({escape(reason)})." if (reason := _reason(ladder)) else "."
    return (
        f'<div class="banner" role="status"><b>Answering with {_NAMES[best.level]}.</b> '
        f"{why} {_accuracy(best)}</div>"
    )


def _reason(ladder: Ladder) -> str:
    reason = ladder.reasons.get("modern", "")
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1] + "\u2026"


def _accuracy(model: LoadedModel) -> str:
    test = model.metrics.get("test") or {}
    if "accuracy" in test:
        return f"It is right on {100 * test['accuracy']:.1f}% of {test['rows']:,} test reviews."
    if model.level == "public":
        return "By its own card it is right on 91.3% of single sentences; here it was not measured."
    return "Its accuracy was not measured."
