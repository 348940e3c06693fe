"""The verdict card: what a review was found to be, how sure that is, and what to bear in mind."""

from dataclasses import dataclass

from reeltalk_inference.loading import LoadedModel
from reeltalk_inference.verdict import MIXED_BELOW, NEGATIVE, POSITIVE, Verdict

from page.language import looks_foreign
from page.markup import count, escape, percent
from page.windows_strip import render_strip

EMPTY = '<div class="card empty" role="status">Your result will appear here.</div>'

_FEW_WORDS = 4
_FACES = {
    "positive": ("\u25b2", "Positive"),
    "negative": ("\u25bc", "Negative"),
    "mixed": ("\u25c6", "Mixed or unclear"),
    "unreadable": ("?", "Can\u2019t tell"),
}


@dataclass(frozen=True)
class Reading:
    """One review, read: everything that a card shows."""

    review: str
    verdict: Verdict
    model: LoadedModel
    milliseconds: float


def tone(verdict: Verdict) -> str:
    """Sort a verdict by what is shown: "positive", "negative", "mixed" or "unreadable"."""
    if verdict.label is None:
        return "unreadable"
    if max(verdict.probabilities.values()) < MIXED_BELOW:
        return "mixed"
    return verdict.label.lower()


def render_card(reading: Reading) -> str:
    """Draw the card."""
    kind = tone(reading.verdict)
    sign, word = _FACES[kind]
    sure = reading.verdict.confidence if kind in ("positive", "negative") else ""
    return (
        f'<section class="card {kind}" role="status" aria-label="Verdict">'
        f'<h2><span class="sign" aria-hidden="true">{sign}</span> {word}'
        f'<span class="sure">{escape(sure)}</span></h2>'
        f"{_bars(reading.verdict)}"
        f'<p class="sentence">{_sentence(kind, reading)}</p>'
        f"{_notes(reading)}{render_strip(reading.verdict)}"
        f'<p class="meta">{_meta(reading)}</p></section>'
    )


def render_message(message: str) -> str:
    """Draw an inline message in place of a verdict; the visitor's text stays in its box."""
    return f'<section class="card message" role="alert"><p>{escape(message)}</p></section>'


def _bars(verdict: Verdict) -> str:
    if verdict.label is None:
        return ""
    rows = [
        _bar(name, verdict.probabilities[label])
        for label, name in ((POSITIVE, "Positive"), (NEGATIVE, "Negative"))
    ]
    return f'<div class="bars">{"".join(rows)}</div>'


def _bar(name: str, share: float) -> str:
    return (
        f'<div class="bar"><span>{name}</span><span class="track" aria-hidden="true">'
        f'<span class="fill {name.lower()}" style="width:{100 * share:.1f}%"></span></span>'
        f"<b>{percent(share)}</b></div>"
    )


def _sentence(kind: str, reading: Reading) -> str:
    if kind == "unreadable":
        return "There is nothing here that the model can read: no words and no emoji it knows."
    if kind == "mixed":
        return (
            "The model sees good and bad in near-equal measure, so treat this as a mixed review "
            "rather than a verdict."
        )
    share = max(reading.verdict.probabilities.values())
    if reading.model.level == "words":
        return (
            f"The word model puts {percent(share)} on {kind}. It weighs single words and pairs, "
            "and does not follow a sentence."
        )
    if not reading.model.is_calibrated:
        return (
            f"The model puts {percent(share)} on {kind}. How often it is right when it says so "
            "has not been measured."
        )
    about = "more than 99" if share > 0.995 else f"about {100 * share:.0f}"
    return f"Out of 100 reviews scored like this one, {about} turn out to be {kind}."


def _notes(reading: Reading) -> str:
    notes = []
    words = len(reading.review.split())
    if reading.verdict.label is not None and looks_foreign(reading.review):
        notes.append("This does not look like English, so the answer is a guess.")
    if words < _FEW_WORDS:
        notes.append("Very short text: a few more words would tell more.")
    if reading.verdict.windows > 1:
        parts = count(reading.verdict.windows, "part")
        notes.append(f"Long review: read in {parts}, nothing was cut off.")
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _meta(reading: Reading) -> str:
    words = len(reading.review.split())
    read = f"{count(words, 'word')} read"
    if reading.verdict.label is None:
        read = "nothing read"
    elif reading.model.level == "words":
        verdict = reading.verdict
        read = f"{verdict.tokens_read:,} of {count(verdict.tokens_total, 'word')} known"
    name = {"words": "word model", "public": "public model"}.get(
        reading.model.level, f"{reading.model.level} model"
    )
    return f"{name} \u00b7 {read} \u00b7 {reading.milliseconds:.0f} ms"
