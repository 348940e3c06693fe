"""Puts the page together: header, banner, tabs, endpoints; and mounts it."""

from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from feedback import FeedbackFile
from limits import MOST_WAITING, RateLimit
from reeltalk_inference.ladder import Ladder

from page.about_tab import AboutTab
from page.banner import render_banner
from page.batch_tab import BatchTab
from page.compare_tab import CompareTab
from page.endpoints import add_endpoints
from page.review_tab import ReviewTab
from page.theme import make_theme

_HEADER = """<h1>Movie review sentiment</h1>
<p>Paste a review and see whether it reads as positive or negative, how sure the model is, and
which words decided it.</p>"""
# gradio keeps styles.css to the page's own part. The footer is not of it: on a phone, where gradio
# hides its first link, the dot between the two would stand alone.
_HEAD = (
    '<meta name="description" content="Reads film reviews: positive or negative, how sure, why">'
    "<style>@media (max-width: 640px) { footer .divider { display: none !important; } }</style>"
)
_SILENCE_FOOTER = "() => { document.querySelectorAll('footer img').forEach(i => { i.alt = ''; }); }"
_STYLES = Path(__file__).with_name("styles.css")
_UPLOADS_KEPT_S = 3600


def mount_page(ladder: Ladder, feedback: FeedbackFile, rate_limit: RateLimit) -> FastAPI:
    """Build the page and give it as an app of its own, with gradio's lifespan."""
    page = build_page(ladder, feedback, rate_limit)
    page.space_id = None  # with it, gradio draws a bar that asks two other hosts
    page.queue(api_open=False, max_size=MOST_WAITING)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        theme=make_theme(),
        css_paths=[_STYLES],
        head=_HEAD,
        footer_links=["api", "settings"],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        show_error=False,
        max_file_size="5mb",
        mcp_server=_speaks_mcp(),
    )


def _speaks_mcp() -> bool:
    """Tell whether gradio came with its `mcp` extra, as it does on the Hub's Spaces."""
    try:
        import gradio.mcp  # noqa: F401
    except ImportError:
        return False
    return True


def build_page(ladder: Ladder, feedback: FeedbackFile, rate_limit: RateLimit) -> gr.Blocks:
    """Lay out the page and wire its events."""
    kept = (_UPLOADS_KEPT_S // 2, _UPLOADS_KEPT_S)
    with gr.Blocks(title="ReelTalk", analytics_enabled=False, delete_cache=kept) as page:
        gr.HTML(_HEADER, elem_id="header")
        banner = gr.HTML(render_banner(ladder), elem_id="banner")
        with gr.Tabs():
            with gr.Tab("Review", id="review"):
                review = ReviewTab()
            with gr.Tab("Compare", id="compare"):
                compare = CompareTab()
            with gr.Tab("Batch", id="batch"):
                batch = BatchTab()
            with gr.Tab("About", id="about"):
                about = AboutTab(ladder, feedback)
        review.wire(ladder, rate_limit, feedback, banner, page)
        compare.wire(ladder, rate_limit)
        batch.wire(ladder, rate_limit)
        about.wire(ladder, feedback, page)
        add_endpoints(ladder, rate_limit)
        _keep_banner_true(ladder, banner, page)
        # Gradio gives its signs the words that stand beside them: read out, they were said twice.
        page.load(None, js=_SILENCE_FOOTER, api_visibility="private")
    return page


def _keep_banner_true(ladder: Ladder, banner: gr.HTML, page: gr.Blocks) -> None:
    """Draw the banner on each visit, and every few seconds until loading is over."""
    timer = gr.Timer(3, active=True)
    quiet = {"api_visibility": "private", "show_progress": "hidden"}

    def draw() -> tuple[str, gr.Timer]:
        return render_banner(ladder), gr.Timer(active=ladder.loading)

    page.load(draw, None, [banner, timer], **quiet)
    timer.tick(draw, None, [banner, timer], **quiet)
