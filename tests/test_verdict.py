import pytest
from reeltalk_inference.verdict import (
    CONFIDENCE_WORDS,
    confidence_words,
    unreadable_verdict,
    verdict_from_probability,
)


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.5, "Mixed or unclear"),
        (0.579, "Mixed or unclear"),
        (0.58, "Leaning"),
        (0.70, "Fairly sure"),
        (0.85, "Confident"),
        (0.95, "Almost certain"),
        (1.0, "Almost certain"),
    ],
)
def test_words_change_at_their_bounds(probability, words):
    assert confidence_words(probability) == words


@pytest.mark.parametrize("probability", [0.499, 1.001, -1, float("nan")])
def test_no_winner_has_less_than_half_or_more_than_all(probability):
    with pytest.raises(ValueError, match="0.5..1"):
        confidence_words(probability)


def test_the_table_of_words_rises():
    bounds = [bound for bound, _ in CONFIDENCE_WORDS]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize(("positive", "label"), [(0.2, "NEGATIVE"), (0.5, "POSITIVE")])
def test_the_likelier_label_wins(positive, label):
    verdict = verdict_from_probability(positive, 3, 3)
    assert verdict.label == label
    assert sum(verdict.probabilities.values()) == pytest.approx(1)


def test_an_unreadable_review_has_no_label_and_no_probabilities():
    verdict = unreadable_verdict()
    assert (verdict.label, verdict.probabilities, verdict.windows) == (None, {}, 0)
    assert verdict.confidence == "Can't tell"
