"""From what a visitor typed to what the page shows: refuses, reads, times."""

import time

from limits import MOST_CHARACTERS
from reeltalk_inference.loading import LoadedModel

from page.cards import Reading


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


def read_review(review: str, model: LoadedModel) -> Reading:
    """Score one review, and take the time."""
    begun = time.perf_counter()
    (verdict,) = model.predict([review])
    return Reading(review, verdict, model, 1000 * (time.perf_counter() - begun))
