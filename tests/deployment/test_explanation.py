"""Explanations name what moved the score, never a stop word, in one bounded pass."""

import pytest
from reeltalk_inference.explanation import MOST_WORDS, explain
from reeltalk_inference.sentences import MOST_SENTENCES, group_passages, split_sentences
from reeltalk_inference.stop_words import STOP_WORDS, is_stop_word

REVIEW = "This was the most awful film, and yet I would say that the music is superb."


def named(review, explanation):
    return [review[part.start : part.end] for part in explanation.parts]


def test_no_stop_word_is_ever_named(words):
    review = " ".join(sorted(STOP_WORDS))[:600] + " dreadful"
    explanation = explain(review, words.predict)
    assert explanation.unit == "sentence" or named(review, explanation)[-1] == "dreadful"
    for text in (REVIEW, REVIEW.upper(), "It\u2019s boring, that\u2019s what I\u2019ve seen"):
        assert not any(map(is_stop_word, named(text, explain(text, words.predict))))


def test_negations_are_not_stop_words():
    assert not {"not", "no", "never", "nothing", "hardly", "don't"} & STOP_WORDS


def test_the_words_that_decide_come_first_with_their_direction(words):
    explanation = explain(REVIEW, words.predict)
    effects = {REVIEW[part.start : part.end]: part.effect for part in explanation.parts}
    assert effects["awful"] < 0 < effects["superb"]
    strongest = explanation.strongest(2)
    assert {REVIEW[part.start : part.end] for part in strongest} == {"awful", "superb"}


def test_the_flip_is_a_change_that_flips(words):
    review = "A superb film about a journey."
    explanation = explain(review, words.predict)
    for part in sorted(explanation.flip, key=lambda part: -part.start):
        review = review[: part.start] + review[part.end :]
    assert explanation.flip and words.predict([review])[0].label == "NEGATIVE"


@pytest.mark.parametrize(
    "review", ["word " * 3000, "One. Two. " * 1500, "x" * 20_000, "\u597d" * 900]
)
def test_any_review_takes_a_bounded_number_of_readings(words, review):
    readings = []

    def count(texts):
        readings.extend(texts)
        return words.predict(texts)

    explain(review, count)
    assert len(readings) <= max(MOST_WORDS, 2 * MOST_SENTENCES) + 4


def test_long_reviews_are_explained_by_sentence(words):
    review = "The plot is dreadful. " * 20 + "The music is superb. " * 20
    explanation = explain(review, words.predict)
    assert explanation.unit == "sentence"
    assert all(review[part.start : part.end].strip() for part in explanation.parts)


def test_sentences_and_passages_keep_every_word():
    text = "First one! Second?\nThird without an end and then " + "more " * 200
    sentences = split_sentences(text)
    assert " ".join(text[s:e] for s, e in sentences).split() == text.split()
    assert [span for passage in group_passages(text, sentences) for span in passage] == sentences


def test_emoji_are_words_too(words):
    asked = []

    def predict(texts):
        asked.extend(texts)
        return words.predict(texts)

    explain("superb \U0001f525\U0001f525 film", predict)
    assert "superb  film" in asked


def test_nothing_to_read_has_no_parts(words):
    assert explain("... !!!", words.predict).parts == ()
