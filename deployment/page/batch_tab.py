"""The Batch tab: a file of reviews in, verdicts out, with progress and a Stop that works."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
from limits import MOST_ROWS, RateLimit
from reeltalk_inference.ladder import Ladder
from tables import KINDS, Table, TableError, read_table

from page.batch_run import score_steps, write_result
from page.batch_view import Scored, render_progress, render_rows, render_scored
from page.cards import render_message
from page.markup import count
from page.reading import refuse_visitor

_ABOUT = (
    "<p>Upload a CSV or TSV with one review per row, or a text file with one review per line. "
    f"Up to {MOST_ROWS:,} rows. Files are deleted within two hours.</p>"
)
_EMPTY = '<div class="card empty">The verdicts of your file will appear here.</div>'
_BUTTON = "Score reviews"


class BatchTab:
    """Lays the tab out where it is made; `wire` joins its events."""

    def __init__(self) -> None:
        """Lay out the file and its column on the left, the result on the right."""
        self._stops: dict[str, threading.Event] = {}
        gr.HTML(_ABOUT)
        with gr.Row():
            with gr.Column(scale=4, min_width=300):
                self.file = gr.File(
                    label="Reviews file", file_types=list(KINDS), height=130, elem_id="batch-file"
                )
                self.column = gr.Dropdown(
                    label="Column with the reviews", visible=False, elem_id="batch-column"
                )
                with gr.Row():
                    self.start = gr.Button(
                        _BUTTON,
                        variant="primary",
                        interactive=False,
                        scale=5,
                        min_width=140,
                        elem_id="batch-start",
                    )
                    self.stop = gr.Button(
                        "Stop", interactive=False, scale=2, min_width=80, elem_id="batch-stop"
                    )
            with gr.Column(scale=7, min_width=320):
                self.result = gr.HTML(_EMPTY, elem_id="batch-result")
                self.download = gr.DownloadButton(
                    "Download scored CSV", visible=False, elem_id="batch-download"
                )
        self.rows = gr.HTML("", elem_id="batch-rows")

    def wire(self, ladder: Ladder, rate_limit: RateLimit) -> None:
        """Join the file, the column and both buttons."""
        quiet = {"api_visibility": "private", "show_progress": "hidden"}
        chosen = [self.column, self.start, self.result, self.rows, self.download]
        self.file.change(_look_at, self.file, chosen, **quiet)

        def run(file: str | None, column: str, request: gr.Request) -> Iterator[tuple]:
            if refusal := refuse_visitor(request, rate_limit):
                yield _outputs(render_message(refusal), busy=False)
                return
            stop = self._stops[request.session_hash or ""] = threading.Event()
            try:
                yield from _score(file, column, ladder, stop)
            finally:
                self._stops.pop(request.session_hash or "", None)

        def halt(request: gr.Request) -> gr.Button:
            if stop := self._stops.get(request.session_hash or ""):
                stop.set()
            return gr.Button("Stopping", interactive=False)

        outputs = [self.result, self.rows, self.download, self.start, self.stop]
        self.start.click(run, [self.file, self.column], outputs, concurrency_limit=2, **quiet)
        self.stop.click(halt, None, self.stop, queue=False, **quiet)


def _look_at(file: str | None) -> tuple:
    """Read an uploaded file, pick its column, and put its row count on the button."""
    nothing = (gr.Dropdown(visible=False), gr.Button(_BUTTON, interactive=False))
    hidden = ("", gr.DownloadButton(visible=False))
    if file is None:
        return *nothing, _EMPTY, *hidden
    try:
        table = read_table(Path(file))
    except TableError as error:
        return *nothing, render_message(str(error)), *hidden
    column = gr.Dropdown(
        choices=table.columns, value=table.text_column(), visible=len(table.columns) > 1
    )
    ready = gr.Button(f"Score {count(len(table.rows), 'review')}", interactive=True)
    return column, ready, _EMPTY, *hidden


def _score(file: str | None, column: str, ladder: Ladder, stop: threading.Event) -> Iterator[tuple]:
    """Score a file; give the outputs of the tab after each step."""
    try:
        table = read_table(Path(file or ""))
        reviews = table.column(column if column in table.columns else table.text_column())
    except (TableError, OSError) as error:
        yield _outputs(render_message(f"The file cannot be read: {error}"), busy=False)
        return
    scored = None
    for scored in score_steps(reviews, ladder.best, stop):
        yield _outputs(render_progress(len(scored.verdicts), len(reviews)), busy=True)
    if scored is not None:
        yield from _finish(table, scored, Path(file or "").name)


def _finish(table: Table, scored: Scored, name: str) -> Iterator[tuple]:
    """Show the result; gradio takes a copy of the file for the download, so ours goes at once."""
    shown, rows = render_scored(scored), render_rows(scored)
    try:
        result = write_result(table, scored, name)
    except OSError as error:
        message = f"The result cannot be written for download: {error.strerror or error}."
        yield _outputs(shown + render_message(message), rows, busy=False)
        return
    try:
        download = gr.DownloadButton(value=str(result), visible=True)
        yield _outputs(shown, rows, download, busy=False)
    finally:
        shutil.rmtree(result.parent, ignore_errors=True)


def _outputs(
    result: str, rows: str = "", download: gr.DownloadButton | None = None, *, busy: bool
) -> tuple:
    return (
        result,
        rows,
        download or gr.DownloadButton(visible=False),
        gr.Button(interactive=not busy),
        gr.Button("Stop", interactive=busy),
    )
