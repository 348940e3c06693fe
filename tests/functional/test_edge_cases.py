"""What people type, and what the trained model has to make of it.

Where people agree, the label is asserted; where they do not, a band for the probability.
"""

import pytest
from reeltalk_inference.verdict import NEGATIVE, POSITIVE

STRONG = {
    POSITIVE: [
        "An absolutely wonderful film. Great acting, a moving story, and I loved every minute.",
        "One of the best films I have ever seen. Highly recommended to everyone.",
        "Brilliant! The whole family loved it and we will certainly watch it again.",
        "A beautiful, touching drama with superb performances from the entire cast.",
        "Hilarious from start to finish, I have not laughed so much in years. A must see.",
    ],
    NEGATIVE: [
        "A terrible film. The acting is awful, the story is stupid and I was bored throughout.",
        "The worst movie I have seen in years. A complete waste of time and money.",
        "Dull, badly written and badly acted. I turned it off after half an hour.",
        "Awful. Nothing works: the script is a mess, the effects are laughable. Avoid it.",
        "I was so disappointed. Boring characters, no plot, terrible dialogue. Don't bother.",
    ],
}

SHORT = {
    POSITIVE: ["Loved it.", "Excellent!", "great film", "A masterpiece", "Highly recommended."],
    NEGATIVE: ["Hated it.", "Terrible.", "boring film", "What a waste", "Avoid."],
}

MIXED_WITH_A_VERDICT = {
    POSITIVE: [
        "The first half hour is slow and one of the side plots goes nowhere, but the acting is "
        "so good and the ending so moving that I forgave it everything. I loved it.",
        "Not perfect, the effects show their age, but it is a wonderful film all the same.",
    ],
    NEGATIVE: [
        "The photography is lovely and the leading lady does what she can, but the story makes "
        "no sense, the dialogue is painful and I was bored to tears. Skip it.",
        "It begins well enough, but it falls apart completely and the ending is an insult. "
        "A waste of a good cast.",
    ],
}

NEGATED = {
    POSITIVE: [
        "Not bad at all, I enjoyed it a lot.",
        "I was never bored for a minute. Great fun.",
        "There is nothing to dislike here, it is a wonderful little film.",
    ],
    NEGATIVE: [
        "Not a good film. I would not recommend it to anyone.",
        "I did not like it, and nobody in our group enjoyed it either.",
        "It is not funny, it is not exciting and it is not worth your time.",
    ],
}

SARCASTIC = [
    "Oh great, another two hours of my life I will never get back. Terrible.",
    "Yeah, right, a 'thriller'. It thrilled me straight to sleep. Boring and badly acted.",
]

MARKUP = {
    POSITIVE: [
        "I loved this film.<br /><br />The acting is <b>superb</b> and the music wonderful."
        "<br /><br />Highly recommended.",
    ],
    NEGATIVE: [
        "<p>Awful.</p><br/><br/>The script is <i>terrible</i>&nbsp;and the acting is worse. "
        "<a href='#'>Avoid</a> it.",
    ],
}

UNDECIDED = [
    "The film was released in spring. It runs for two hours and was shot in Canada.",
    "It's okay, I guess. Some parts are good, some parts are bad. An average film.",
    "Some will love it and some will hate it.",
]

OUT_OF_DOMAIN = [
    "Preheat the oven to 180 degrees and grease a round cake tin.",
    "The quarterly report is due on Friday; please send your figures to the office.",
    "def add(a, b): return a + b",
]

FOREIGN = [
    "Ein großartiger Film, der mich sehr berührt hat.",
    "Una película aburrida y mal interpretada.",
    "素晴らしい映画でした。",
]

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


def cases(groups):
    return [(label, text) for label, texts in groups.items() for text in texts]


def shown(value):
    return repr(value[:40]) if value not in (POSITIVE, NEGATIVE) else value


@pytest.mark.parametrize(("label", "review"), cases(STRONG), ids=shown)
def test_strong_reviews_are_told_with_confidence(predictor, label, review):
    (verdict,) = predictor.predict([review])
    assert verdict.label == label
    assert verdict.probabilities[label] > 0.85


@pytest.mark.parametrize(
    ("label", "review"),
    cases(SHORT) + cases(MIXED_WITH_A_VERDICT) + cases(NEGATED) + cases(MARKUP),
    ids=shown,
)
def test_where_people_agree_the_label_is_theirs(predictor, label, review):
    assert predictor.predict([review])[0].label == label


@pytest.mark.parametrize("review", SARCASTIC, ids=shown)
def test_sarcasm_with_a_plain_word_in_it_is_not_taken_for_praise(predictor, review):
    assert predictor.predict([review])[0].label == NEGATIVE


@pytest.mark.parametrize("review", UNDECIDED, ids=shown)
def test_no_certainty_where_the_reviewer_has_none(predictor, review):
    (verdict,) = predictor.predict([review])
    assert max(verdict.probabilities.values()) < 0.95
    assert verdict.confidence != "Almost certain"


@pytest.mark.parametrize("review", OUT_OF_DOMAIN + FOREIGN, ids=shown)
def test_what_is_no_english_review_gets_a_verdict_all_the_same(predictor, review):
    (verdict,) = predictor.predict([review])
    if verdict.label is not None:
        assert sum(verdict.probabilities.values()) == pytest.approx(1)
        assert max(verdict.probabilities.values()) < 0.995


@pytest.mark.parametrize("review", STRANGE, ids=shown)
def test_strange_text_is_answered(predictor, review):
    (verdict,) = predictor.predict([review])
    assert (verdict.label is None) == (verdict.confidence == "Can't tell")
    assert verdict.tokens_read <= verdict.tokens_total


def test_words_around_emoji_decide(predictor):
    good, bad = predictor.predict(["loved it so much 😍😍 great film", "so boring 😴 awful film"])
    assert (good.label, bad.label) == (POSITIVE, NEGATIVE)


def test_shouting_changes_no_verdict(predictor):
    texts = [text for texts in STRONG.values() for text in texts]
    calm, loud = predictor.predict(texts), predictor.predict([text.upper() for text in texts])
    assert [verdict.label for verdict in calm] == [verdict.label for verdict in loud]


def test_a_typo_leaves_a_strong_verdict(predictor):
    good, bad = predictor.predict(
        ["An absolutley wonderfull film, I loved evry minute of it", "Teribble film, so borring"]
    )
    assert (good.label, bad.label) == (POSITIVE, NEGATIVE)


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
