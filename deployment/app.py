"""Starts the Space: reads its settings, serves the API at once and the page right after.

    python app.py

MODERN_MODEL and STANDARD_MODEL name the models, as `owner/name@commit` or as a local folder; the
page is laid out in page/, and everything about models is reeltalk_inference's.
"""

import gc
import logging
import os
import sys
from pathlib import Path

from fastapi import FastAPI
from feedback import FeedbackFile
from limits import RateLimit
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.ladder import Ladder
from serving import make_app, serve

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Serve on GRADIO_SERVER_PORT or PORT, else on 7860."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "httpx2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        ladder = Ladder.from_settings(os.environ, HERE / "word_model.json")
    except UnusableModelError as error:
        logging.critical("the Space cannot start: %s; upload deployment/ again", error)
        sys.exit(2)
    port = os.environ.get("GRADIO_SERVER_PORT") or os.environ.get("PORT") or "7860"
    feedback = FeedbackFile.from_settings(os.environ)
    app = make_app(ladder, feedback, _build_page)
    serve(app, int(port), feedback.hurry, behind_proxy="SPACE_ID" in os.environ)


def _build_page(ladder: Ladder, feedback: FeedbackFile, rate_limit: RateLimit) -> FastAPI:
    # What importing gradio makes stays for good: to search it for garbage takes a sixth longer.
    gc.disable()
    try:
        from page.layout import mount_page  # gradio: seconds, which the API need not wait for

        return mount_page(ladder, feedback, rate_limit)
    finally:
        gc.freeze()
        gc.enable()


if __name__ == "__main__":
    main()
