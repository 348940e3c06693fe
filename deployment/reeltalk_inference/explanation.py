"""Why a review was read as it was: each part is left out in turn, and the score looked at again.

Occlusion, as in Zeiler and Fergus 2014 ("Visualizing and Understanding Convolutional Networks"),
on words or, in long reviews, on sentences. Effects are differences of log-odds, which still move
where the probability has long reached its end.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reeltalk_inference.sentences import group_passages, split_sentences
from reeltalk_inference.stop_words import is_stop_word
from reeltalk_inference.verdict import Verdict

Predict = Callable[[Sequence[str]], list[Verdict]]

MOST_WORDS = 90
"""Reviews of more words are explained by sentence."""

_WORD = re.compile(
    r"[^\W_]+(?:['\u2019*-][^\W_]+)*"  # words: don't, well-made, sh*t
    r"|[^\w\s\x00-\u218f\u3000-\u303f\uff00-\uffef]+"  # emoji and other signs that say something
)
_FLIP_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the review, and what it did.

    Attributes:
        start, end: its place among the review's characters.
        effect: log-odds of "positive" with it less those without it; above 0 it pushed up.
    """

    start: int
    end: int
    effect: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What moved the score.

    Attributes:
        unit: "word" or "sentence".
        parts: every part that was left out once, in the order of the text.
        flip: the one or two parts without which the verdict would be the other one; empty where
            no such pair was found.
    """

    unit: str
    parts: tuple[Part, ...]
    flip: tuple[Part, ...] = ()

    def strongest(self, most: int, least_share: float = 0.15) -> list[Part]:
        """Give the parts worth naming, strongest first: none below a share of the strongest."""
        ranked = sorted(self.parts, key=lambda part: -abs(part.effect))[:most]
        least = max(0.05, least_share * abs(ranked[0].effect)) if ranked else 0.0
        return [part for part in ranked if abs(part.effect) >= least]


def explain(review: str, predict: Predict) -> Explanation:
    """Find the words of a review, or the sentences of a long one, that moved its score."""
    words = list(_WORD.finditer(review))
    if len(words) > MOST_WORDS:
        return _explain_sentences(review, predict)
    spans = [match.span() for match in words if not is_stop_word(match.group())]
    return _explain_words(review, spans, predict)


def log_odds(verdict: Verdict) -> float:
    """Give the log-odds of "positive": the mean over windows; 0 where nothing was readable."""
    margins = [positive - negative for negative, positive in verdict.window_logits]
    return sum(margins) / len(margins) if margins else 0.0


def _explain_words(review: str, spans: list[tuple[int, int]], predict: Predict) -> Explanation:
    without = [_leave_out(review, [span]) for span in spans]
    base, *changed = [log_odds(verdict) for verdict in predict([review, *without])]
    parts = tuple(
        Part(start, end, base - odds) for (start, end), odds in zip(spans, changed, strict=True)
    )
    return Explanation("word", parts, _smallest_flip(review, base, parts, predict))


def _smallest_flip(
    review: str, base: float, parts: Sequence[Part], predict: Predict
) -> tuple[Part, ...]:
    """Find the one part, or else the two, that the verdict hangs on."""
    direction = 1 if base >= 0 else -1
    carriers = sorted(parts, key=lambda part: -direction * part.effect)[:_FLIP_CANDIDATES]
    if len(parts) < 2 or direction * carriers[0].effect <= 0:
        return ()
    if direction * (base - carriers[0].effect) < 0:
        return (carriers[0],)
    pairs = [(first, second) for i, first in enumerate(carriers) for second in carriers[i + 1 :]]
    texts = [_leave_out(review, [(part.start, part.end) for part in pair]) for pair in pairs]
    for pair, verdict in zip(pairs, predict(texts), strict=True):
        if verdict.label is not None and direction * log_odds(verdict) < 0:
            return pair
    return ()


def _explain_sentences(review: str, predict: Predict) -> Explanation:
    """Leave each sentence out of its passage: the rest of a long review stays as it is."""
    passages = group_passages(review, split_sentences(review))
    texts = []
    for sentences in passages:
        first, last = sentences[0][0], sentences[-1][1]
        passage = review[first:last]
        inside = [(start - first, end - first) for start, end in sentences]
        texts += [passage, *(_leave_out(passage, [span]) for span in inside)]
    odds = iter([log_odds(verdict) for verdict in predict(texts)])
    parts = []
    for sentences in passages:
        base = next(odds)
        parts += [Part(start, end, base - next(odds)) for start, end in sentences]
    return Explanation("sentence", tuple(parts))


def _leave_out(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text
