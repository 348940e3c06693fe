"""What one review was found to be. Owns the shape of an answer and the words for its confidence."""

from dataclasses import dataclass

NEGATIVE = "NEGATIVE"
POSITIVE = "POSITIVE"

MIXED_BELOW = 0.58
"""Below this probability the winning class is not worth naming: "Mixed or unclear"."""

CONFIDENCE_WORDS = (
    (MIXED_BELOW, "Mixed or unclear"),
    (0.70, "Leaning"),
    (0.85, "Fairly sure"),
    (0.95, "Confident"),
    (float("inf"), "Almost certain"),
)
"""(upper bound of the winning class's probability, words): the only such table anywhere."""

UNREADABLE = "Can't tell"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one review.

    Attributes:
        label: "NEGATIVE" or "POSITIVE"; None where the review holds nothing readable (no letter,
            digit or symbol the model knows), and then there are no probabilities either.
        probabilities: calibrated probability of each label; they sum to 1.
        confidence: words for the winning probability, from `CONFIDENCE_WORDS`.
        tokens_read: tokens of the review that the model saw, special tokens not counted.
        tokens_total: tokens of the review.
        window_logits: (negative, positive) logits of each window read, in order.
    """

    label: str | None
    probabilities: dict[str, float]
    confidence: str
    tokens_read: int
    tokens_total: int
    window_logits: tuple[tuple[float, float], ...] = ()

    @property
    def windows(self) -> int:
        """Count the windows the review was read in: 1 unless it is longer than the limit."""
        return len(self.window_logits)


def confidence_words(probability: float) -> str:
    """Put the winning class's probability into words.

    Raises:
        ValueError: if `probability` lies outside 0.5..1, as no winner of two classes can.
    """
    if not 0.5 <= probability <= 1:
        raise ValueError(f"a winning probability lies in 0.5..1, not {probability}")
    return next(words for bound, words in CONFIDENCE_WORDS if probability < bound)


def unreadable_verdict(tokens_total: int = 0) -> Verdict:
    """Answer a review in which there is nothing to read."""
    return Verdict(None, {}, UNREADABLE, 0, tokens_total)


def verdict_from_probability(
    positive: float,
    tokens_read: int,
    tokens_total: int,
    window_logits: tuple[tuple[float, float], ...] = (),
) -> Verdict:
    """Build the verdict of a readable review from the probability of its being positive."""
    probabilities = {NEGATIVE: 1.0 - positive, POSITIVE: positive}
    label = POSITIVE if positive >= 0.5 else NEGATIVE
    words = confidence_words(max(probabilities.values()))
    return Verdict(label, probabilities, words, tokens_read, tokens_total, window_logits)
