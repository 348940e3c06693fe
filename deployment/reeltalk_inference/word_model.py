"""The word model: a weight for each of some thousand terms, in one small JSON file.

Needs no download and no onnxruntime: what answers when nothing better can.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.tokens import well_formed
from reeltalk_inference.verdict import Verdict, unreadable_verdict, verdict_from_probability

_MARKUP = re.compile(r"<[^<>]{1,20}>")
_WORD = re.compile(r"[a-z0-9'*!?]+")


def split_words(review: str) -> list[str]:
    """Cut a review into the words that the word model counts."""
    return _WORD.findall(_MARKUP.sub(" ", well_formed(review).lower()))


def words_and_pairs(words: Sequence[str]) -> list[str]:
    """List the terms of a review: its words, and each two neighbours joined by a space."""
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]


@dataclass(frozen=True)
class WordModel:
    """Logistic regression on TF-IDF of words and word pairs.

    Attributes:
        weights: (coefficient, inverse document frequency) of each term; a pair's words are
            joined by a space.
        bias: the intercept.
    """

    weights: dict[str, tuple[float, float]]
    bias: float

    @classmethod
    def from_file(cls, file: Path) -> "WordModel":
        """Read the JSON file.

        Raises:
            UnusableModelError: if it is missing or damaged.
        """
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            weights = {term: (float(w), float(idf)) for term, (w, idf) in content["terms"].items()}
            return cls(weights, float(content["bias"]))
        except FileNotFoundError:
            raise UnusableModelError(f"{file} is missing") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UnusableModelError(f"{file} is no word model: {error!r}") from error

    def predict(self, reviews: Sequence[str]) -> list[Verdict]:
        """Give the verdict of each review, in order; words stand for tokens."""
        return [self._verdict(split_words(review)) for review in reviews]

    def _verdict(self, words: list[str]) -> Verdict:
        score = norm = 0.0
        read = 0
        for term, count in Counter(words_and_pairs(words)).items():
            if term in self.weights:
                weight, idf = self.weights[term]
                value = (1 + math.log(count)) * idf
                score += value * weight
                norm += value * value
                read += " " not in term and count
        if not norm:
            return unreadable_verdict(len(words))
        margin = score / math.sqrt(norm) + self.bias
        positive = 0.5 * (1 + math.tanh(margin / 2))
        return verdict_from_probability(positive, read, len(words), ((0.0, margin),))
