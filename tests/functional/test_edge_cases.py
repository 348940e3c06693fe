"""What people type, and what the trained model has to make of it.

Where people agree, the label is asserted; where they do not, a band for the probability.
"""

import csv

import pytest
from reeltalk_inference.verdict import NEGATIVE, POSITIVE

from tests.conftest import REPOSITORY

with (REPOSITORY / "data" / "edge_cases.csv").open(encoding="utf-8", newline="") as stream:
    CASES = list(csv.DictReader(stream))

STRANGE = [
    "",
    "   \n\t ",
    "\x00\x01\x02",
    "\ud800 broken \udfff",
    "\u202eevol I",
    "🔥🔥🔥",
    "?!?!?!",
    "a" * 10_000,
    "great " * 5_000,
]


def of(*kinds):
    """The cases of some kinds: (label or "", text)."""
    return [(case["label"].upper(), case["text"]) for case in CASES if case["kind"] in kinds]


def shown(value):
    return repr(value[:40]) if value not in (POSITIVE, NEGATIVE) else value


def test_every_kind_of_case_is_asked_and_no_text_twice():
    asked = {"strong", "short", "mixed", "negated", "markup", "sarcastic", "emoji", "typos"}
    asked |= {"undecided", "out-of-domain", "foreign"}
    assert {case["kind"] for case in CASES} == asked
    assert len({case["text"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize(("label", "review"), of("strong"), ids=shown)
def test_strong_reviews_are_told_with_confidence(predictor, label, review):
    (verdict,) = predictor.predict([review])
    assert verdict.label == label
    assert verdict.probabilities[label] > 0.85


@pytest.mark.parametrize(
    ("label", "review"),
    of("short", "mixed", "negated", "markup", "sarcastic", "emoji", "typos"),
    ids=shown,
)
def test_where_people_agree_the_label_is_theirs(predictor, label, review):
    assert predictor.predict([review])[0].label == label


@pytest.mark.parametrize(("_", "review"), of("undecided"), ids=shown)
def test_no_certainty_where_the_reviewer_has_none(predictor, _, review):
    (verdict,) = predictor.predict([review])
    assert max(verdict.probabilities.values()) < 0.95
    assert verdict.confidence != "Almost certain"


@pytest.mark.parametrize(("_", "review"), of("out-of-domain", "foreign"), ids=shown)
def test_what_is_no_english_review_gets_a_verdict_all_the_same(predictor, _, review):
    (verdict,) = predictor.predict([review])
    if verdict.label is not None:
        assert sum(verdict.probabilities.values()) == pytest.approx(1)
        assert max(verdict.probabilities.values()) < 0.995


@pytest.mark.parametrize("review", STRANGE, ids=shown)
def test_strange_text_is_answered(predictor, review):
    (verdict,) = predictor.predict([review])
    assert (verdict.label is None) == (verdict.confidence == "Can't tell")
    assert verdict.tokens_read <= verdict.tokens_total


def test_shouting_changes_no_verdict(predictor):
    texts = [text for _, text in of("strong")]
    calm, loud = predictor.predict(texts), predictor.predict([text.upper() for text in texts])
    assert [verdict.label for verdict in calm] == [verdict.label for verdict in loud]


def test_the_ending_of_2000_words_can_turn_the_verdict(predictor):
    """1,000 words of plot, told neutrally; then the verdict, which a cut would never see."""
    plot = (
        "The film follows a family who move to a house by the sea after the father has found work "
        "at the harbour. There are two children, a boy and a girl, and a neighbour with a boat. "
    )
    neutral = plot * 30
    praise = "I loved every minute of it. The acting is superb and the music is wonderful. " * 66
    blame = "I hated every minute of it. The acting is awful and the music is terrible. " * 66
    good, bad = predictor.predict([neutral + praise, neutral + blame])
    assert len((neutral + praise).split()) > 1900
    assert (good.label, bad.label) == (POSITIVE, NEGATIVE)
    assert good.windows > 5
    assert good.tokens_read == good.tokens_total
    first_windows = [
        verdict.window_logits[0][1] - verdict.window_logits[0][0] for verdict in (good, bad)
    ]
    assert first_windows[0] == pytest.approx(first_windows[1], abs=0.2)
