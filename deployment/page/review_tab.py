"""The Review tab: one box, the verdict beside it, and then what tipped it."""

import json
from collections.abc import Callable

import gradio as gr
from feedback import FeedbackFile
from limits import MOST_CHARACTERS, RateLimit
from reeltalk_inference.explanation import explain
from reeltalk_inference.ladder import Ladder

from page.banner import render_banner
from page.cards import EMPTY, render_card, render_message
from page.examples import EXAMPLES
from page.feedback_row import FeedbackRow, hide, show
from page.reading import read_review, refuse_review, refuse_visitor
from page.tipped import render_tipped

_SCROLL = """() => { if (window.innerWidth < 768)
  document.getElementById('verdict').scrollIntoView({behavior: 'smooth', block: 'start'}); }"""
_EMPTY_AND_FOCUS = "() => { document.querySelector('#review textarea').focus(); return ''; }"
_PREFILL = f"""typed => typed || (new URLSearchParams(window.location.search).get('text') || '')
  .slice(0, {MOST_CHARACTERS + 1})"""
_BUSY = "document.getElementById('verdict').classList.add('busy');"
_DONE = "() => { document.getElementById('verdict').classList.remove('busy'); }"
_FAILED = "Something went wrong while reading this. Your text is kept; please try again."


class ReviewTab:
    """Lays the tab out where it is made; `wire` joins its events."""

    def __init__(self) -> None:
        """Lay out the two columns."""
        with gr.Row():
            with gr.Column(scale=9, min_width=320):
                self.box = gr.Textbox(
                    lines=7,
                    max_lines=18,
                    label="Your review",
                    info="English works best. Press Shift + Enter to score.",
                    elem_id="review",
                )
                with gr.Row():
                    self.score = gr.Button(
                        "Score review", variant="primary", scale=5, min_width=120, elem_id="score"
                    )
                    self.clear = gr.Button("Clear", scale=2, min_width=80, elem_id="clear")
                gr.HTML("<p>Try one</p>", elem_id="try-one")
                with gr.Row(elem_classes="chips"):
                    self.chips = {
                        name: gr.Button(name, size="sm", elem_id=f"chip-{name.lower()}")
                        for name in EXAMPLES
                    }
            with gr.Column(scale=11, min_width=320):
                self.card = gr.HTML(EMPTY, elem_id="verdict")
                self.tipped = gr.HTML("", elem_id="tipped")
                self.feedback = FeedbackRow()

    def wire(
        self,
        ladder: Ladder,
        rate_limit: RateLimit,
        feedback: FeedbackFile,
        banner: gr.HTML,
        page: gr.Blocks,
    ) -> None:
        """Join buttons and keys to the model; the explanation follows the verdict."""
        quiet = {"api_visibility": "private", "show_progress": "hidden"}
        typed = gr.on(
            [self.score.click, self.box.submit],
            None,
            js=f"() => {{ {_BUSY} return ''; }}",
            outputs=self.tipped,
            **quiet,
        )

        def score(review: str, request: gr.Request) -> tuple:
            refusal = refuse_visitor(request, rate_limit)
            return (*score_review(review, ladder, refusal), render_banner(ladder))

        starts = [typed]
        for name, chip in self.chips.items():
            js = f"() => {{ {_BUSY} return [{json.dumps(EXAMPLES[name])}, '']; }}"
            starts.append(chip.click(None, js=js, outputs=[self.box, self.tipped], **quiet))
        explained = [self._follow(start, score, ladder, banner) for start in starts]
        triggers = [self.score.click, self.box.submit, *(c.click for c in self.chips.values())]
        gr.on(triggers, None, cancels=explained, **quiet)
        # The box is emptied by the browser: what is typed meanwhile must not go with the old text.
        self.clear.click(None, js=_EMPTY_AND_FOCUS, outputs=self.box, **quiet)
        self.clear.click(
            lambda: (EMPTY, "", *hide()),
            None,
            [self.card, self.tipped, *self.feedback.outputs],
            cancels=explained,
            **quiet,
        )
        self.feedback.wire(feedback)
        page.load(None, self.box, js=_PREFILL, outputs=self.box, **quiet)

    def _follow(
        self,
        start: gr.events.Dependency,
        score: Callable[[str, gr.Request], tuple],
        ladder: Ladder,
        banner: gr.HTML,
    ) -> gr.events.Dependency:
        quiet = {"api_visibility": "private", "trigger_mode": "multiple"}
        scored = start.then(
            score,
            self.box,
            [self.card, *self.feedback.outputs, banner],
            show_progress="minimal",
            concurrency_limit=4,
            concurrency_id="score",
            **quiet,
        )
        scored.then(None, js=_DONE, **quiet)
        shown = [self.card, *self.feedback.outputs]
        scored.failure(lambda: (render_message(_FAILED), *hide()), None, shown, **quiet)
        scored.success(None, js=_SCROLL, **quiet)
        return scored.success(
            lambda about: explain_review(about["text"], ladder) if about else "",
            self.feedback.about,
            self.tipped,
            show_progress="hidden",
            concurrency_limit=2,
            concurrency_id="explain",
            **quiet,
        )


def score_review(review: str, ladder: Ladder, refusal: str = "") -> tuple:
    """Give the card of a review and the feedback row, or the message that says why not."""
    if message := refusal or refuse_review(review):
        return render_message(message), *hide()
    reading = read_review(review, ladder.best)
    return render_card(reading), *show(reading)


def explain_review(review: str, ladder: Ladder) -> str:
    """Give the section "What tipped it" of a review that has a verdict."""
    return render_tipped(review, explain(review, ladder.best.predict))
