"""From what a visitor typed to what the page shows: refuses, reads, times."""

import math
import time

import gradio as gr
from limits import MOST_CHARACTERS, RateLimit
from reeltalk_inference.loading import LoadedModel

from page.cards import Reading
from page.markup import count


def refuse_review(review: str) -> str:
    """Say what is wrong with a review, or give an empty string."""
    if not review.strip():
        return "There is no text yet. Write or paste a review first."
    if len(review) > MOST_CHARACTERS:
        return (
            f"This text has {len(review):,} characters; at most {MOST_CHARACTERS:,} are read. "
            "Shorten it and try again."
        )
    return ""


def refuse_visitor(request: gr.Request, rate_limit: RateLimit) -> str:
    """Say how long a visitor has to wait who asks too often, or give an empty string."""
    wait_s = rate_limit.wait_s(request.client.host if request.client else "")
    if not wait_s:
        return ""
    wait = count(math.ceil(wait_s), "second")
    return f"You have asked very often in the last minute. Wait {wait} and try again."


def read_review(review: str, model: LoadedModel) -> Reading:
    """Score one review, and take the time."""
    begun = time.perf_counter()
    (verdict,) = model.predict([review])
    return Reading(review, verdict, model, 1000 * (time.perf_counter() - begun))
