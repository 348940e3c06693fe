"""Did it get this right: two buttons and a box that nobody ticked for the visitor."""

from typing import Any

import gradio as gr
from feedback import FeedbackFile

from page.cards import Reading

_KEPT = {
    "here": "Thank you. Your answer was kept in this Space, {text}.",
    "soon": "Thank you. Your answer was kept in this Space, {text}. It goes to a private dataset "
    "when the Hub can be reached.",
    "hub": "Thank you. Your answer was kept, {text}, and goes to a private dataset.",
}
_NOT_KEPT = "Thank you, but answers cannot be kept right now."


class FeedbackRow:
    """Lays the row out where it is made, hidden until there is a verdict to judge."""

    def __init__(self) -> None:
        """Lay out question, buttons and box; remember the verdict they are about."""
        self.about = gr.State(None)
        with gr.Column(visible=False) as self.group:
            with gr.Row(elem_id="feedback-row"):
                gr.HTML("<p>Did it get this right?</p>", elem_id="right")
                self.yes = gr.Button("Yes", size="sm", scale=0, min_width=80, elem_id="right-yes")
                self.no = gr.Button("No", size="sm", scale=0, min_width=80, elem_id="right-no")
            self.with_text = gr.Checkbox(
                label="Include my review text with this feedback", value=False, elem_id="with-text"
            )
            self.thanks = gr.HTML("", elem_id="thanks")

    @property
    def outputs(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """List what `show` and `hide` set."""
        return [self.about, self.group, self.with_text, self.thanks]

    def wire(self, feedback: FeedbackFile) -> None:
        """Join both buttons to the file."""
        for button, right in ((self.yes, True), (self.no, False)):
            button.click(
                lambda about, with_text, right=right: _keep(feedback, about, with_text, right),
                [self.about, self.with_text],
                [self.thanks, self.about],
                api_visibility="private",
                show_progress="hidden",
            )


def show(reading: Reading) -> tuple:
    """Give the outputs for a verdict that can be judged."""
    if reading.verdict.label is None:
        return hide()
    about = {
        "level": reading.model.level,
        "model": reading.model.name,
        "revision": reading.model.revision,
        "label": reading.verdict.label,
        "probabilities": reading.verdict.probabilities,
        "text": reading.review,
    }
    return about, gr.Column(visible=True), gr.Checkbox(value=False), ""


def hide() -> tuple:
    """Give the outputs while there is nothing to judge."""
    return None, gr.Column(visible=False), gr.Checkbox(value=False), ""


def _keep(
    feedback: FeedbackFile, about: dict[str, Any] | None, with_text: bool, right: bool
) -> tuple[str, None]:
    """Keep one answer to one verdict; a second click on the same one keeps nothing more."""
    if about is None:
        return '<p class="visitor-note" role="status">You have answered already.</p>', None
    answer = {**about, "right": right}
    if not with_text:
        del answer["text"]
    said = _NOT_KEPT
    if feedback.keep(answer):
        text = "with your text" if with_text else "without your text"
        said = _KEPT[feedback.goes_to].format(text=text)
    return f'<p class="visitor-note" role="status">{said}</p>', None
