"""The Compare tab: one review, read by the standard and by the modern model."""

import gradio as gr
from limits import MOST_CHARACTERS, RateLimit
from reeltalk_inference.ladder import Ladder
from reeltalk_inference.verdict import POSITIVE

from page.cards import EMPTY, Reading, render_card, render_message, tone
from page.markup import escape
from page.reading import read_review, refuse_review, refuse_visitor

_ABOUT = (
    "<p>The <b>standard</b> model learned from film reviews only. The <b>modern</b> one also "
    "learned how people write today. Same text, side by side.</p>"
)


class CompareTab:
    """Lays the tab out where it is made; `wire` joins its events."""

    def __init__(self) -> None:
        """Lay out the box above and the two cards below."""
        gr.HTML(_ABOUT)
        self.box = gr.Textbox(
            lines=4,
            max_lines=14,
            label="Review to compare",
            info=f"Up to {MOST_CHARACTERS:,} characters. Press Shift + Enter to compare.",
            elem_id="compare-review",
        )
        self.button = gr.Button("Compare", variant="primary", elem_id="compare")
        self.sentence = gr.HTML("", elem_id="compared")
        with gr.Row(equal_height=True):
            with gr.Column(min_width=320):
                self.standard = gr.HTML(_side("Standard", EMPTY), elem_id="standard-card")
            with gr.Column(min_width=320):
                self.modern = gr.HTML(_side("Modern", EMPTY), elem_id="modern-card")

    def wire(self, ladder: Ladder, rate_limit: RateLimit) -> None:
        """Join the button and Shift + Enter to both models."""

        def show(review: str, request: gr.Request) -> tuple[str, str, str]:
            return compare(review, ladder, refuse_visitor(request, rate_limit))

        gr.on(
            [self.button.click, self.box.submit],
            show,
            self.box,
            [self.sentence, self.standard, self.modern],
            show_progress="minimal",
            concurrency_limit=2,
            api_visibility="private",
        )


def compare(review: str, ladder: Ladder, refusal: str = "") -> tuple[str, str, str]:
    """Give the sentence on both models' verdicts, and the card of each."""
    if message := refusal or refuse_review(review):
        return render_message(message), _side("Standard", EMPTY), _side("Modern", EMPTY)
    models = [ladder.at("standard"), ladder.at("modern")]
    readings = [read_review(review, model) if model else None for model in models]
    cards = [
        render_card(reading) if reading else render_message(_why_not(ladder, level))
        for level, reading in zip(("standard", "modern"), readings, strict=True)
    ]
    sentence = _sentence(*readings)
    return sentence, _side("Standard", cards[0]), _side("Modern", cards[1])


def _side(name: str, card: str) -> str:
    return f'<div class="side"><h2>{name}</h2>{card}</div>'


def _why_not(ladder: Ladder, level: str) -> str:
    if ladder.loading:
        return f"The {level} model is still loading; try again in a moment."
    return f"The {level} model is not available: {ladder.reasons.get(level, 'no reason is known')}."


def _sentence(standard: Reading | None, modern: Reading | None) -> str:
    """Say whether the two disagree, and by how many points."""
    if not standard or not modern:
        return "<p>Only models that are loaded can be compared.</p>"
    if not standard.verdict.probabilities or not modern.verdict.probabilities:
        return "<p>There is nothing to compare in a text that cannot be read.</p>"
    points = round(100 * (_positive(modern) - _positive(standard)))
    agree = tone(standard.verdict) == tone(modern.verdict)
    side = "more positive" if points > 0 else "more negative"
    far = f"The modern model is {_points(points)} {side}." if points else "Their scores are equal."
    return f"<p><b>{'They agree' if agree else 'They disagree'}.</b> {escape(far)}</p>"


def _points(points: int) -> str:
    return f"{abs(points)} point" + ("" if abs(points) == 1 else "s")


def _positive(reading: Reading) -> float:
    return reading.verdict.probabilities[POSITIVE]
