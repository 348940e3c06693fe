"""Labelled reviews: what labels mean, rows checked, and where they are read from."""

from reeltalk.reviews.labelled import Reviews
from reeltalk.reviews.labels import LABEL_NAMES, NEGATIVE_ID, POSITIVE_ID, label_of
from reeltalk.reviews.reading import BUNDLED_FILE, FEWEST_ROWS, files_of, read_reviews

__all__ = [
    "BUNDLED_FILE",
    "FEWEST_ROWS",
    "LABEL_NAMES",
    "NEGATIVE_ID",
    "POSITIVE_ID",
    "Reviews",
    "files_of",
    "label_of",
    "read_reviews",
]
