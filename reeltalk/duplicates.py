"""Finds reviews that stand in two splits, letter for letter or nearly so."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SHINGLE_WORDS = 5
NEAR_DUPLICATE_JACCARD = 0.7

# Word runs in more reviews than this ("one of the best films i") say nothing about copying and
# would make the pairs to look at explode; copies of a review share many rarer runs.
_COMMON_SHINGLE = 30


def find_duplicates(candidates: Sequence[str], references: Sequence[str]) -> np.ndarray:
    """Mark the candidates that are copies or near copies of any reference.

    Copies: equal after lower-casing and dropping mark-up and punctuation. Near copies: the sets
    of their five-word runs overlap with a Jaccard index of at least `NEAR_DUPLICATE_JACCARD`
    (Broder 1997, computed exactly, on the pairs that share a rare run).

    Returns:
        Booleans of shape (candidates,).
    """
    if not candidates or not references:
        return np.zeros(len(candidates), dtype=bool)
    words = [_normalised(text) for text in candidates]
    reference_words = [_normalised(text) for text in references]
    known = set(reference_words)
    exact = np.array([text in known for text in words])
    return exact | _near(words, reference_words)


def _normalised(text: str) -> str:
    without_markup = re.sub(r"<[^<>]{1,20}>", " ", text.lower())
    return " ".join(re.findall(r"\w+", without_markup))


def _near(candidates: list[str], references: list[str]) -> np.ndarray:
    shingles = _shingle_matrix(candidates + references)
    if shingles is None:
        return np.zeros(len(candidates), dtype=bool)
    sizes = np.asarray(shingles.sum(axis=1)).ravel()
    frequency = np.asarray(shingles.sum(axis=0)).ravel()
    rare = shingles[:, (frequency > 1) & (frequency <= _COMMON_SHINGLE)]
    split = len(candidates)
    pairs = (rare[:split] @ rare[split:].T).tocoo()
    # Of two texts that share most of their runs, a quarter of the shorter one's are rare ones.
    smaller = np.minimum(sizes[pairs.row], sizes[split + pairs.col])
    worth = pairs.data >= np.maximum(1, smaller / 4)
    rows, columns = pairs.row[worth], pairs.col[worth] + split
    shared = np.asarray(shingles[rows].multiply(shingles[columns]).sum(axis=1)).ravel()
    jaccard = shared / (sizes[rows] + sizes[columns] - shared)
    near = np.zeros(len(candidates), dtype=bool)
    near[rows[jaccard >= NEAR_DUPLICATE_JACCARD]] = True
    return near


def _shingle_matrix(texts: list[str]) -> "csr_matrix | None":
    """Hash each text's word runs to a row of ones; None where no text is long enough."""
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        ngram_range=(SHINGLE_WORDS, SHINGLE_WORDS),
        tokenizer=str.split,
        token_pattern=None,
        lowercase=False,
        n_features=2**24,
        norm=None,
        binary=True,
        alternate_sign=False,
        dtype=np.float32,
    )
    matrix = vectorizer.transform(texts)
    return matrix if matrix.nnz else None
