"""Cards say what the table of states demands, and show visitors' text as text."""

import dataclasses

import pytest
from reeltalk_inference.verdict import unreadable_verdict, verdict_from_probability

HOSTILE = "<script>alert(1)</script> ${alert(2)} {{7*7}} `x` \" ' & \0 \ud800 terrible film"


def card(
    positive, review="a film of some length, and words", level="words", metrics=None, votes=()
):
    from page.cards import Reading, render_card
    from reeltalk_inference.loading import LoadedModel

    verdict = verdict_from_probability(positive, 7, 7, votes or ((0.0, 1.0),))
    model = LoadedModel(level, "a model", "1", lambda _: [], metrics or {})
    return render_card(Reading(review, verdict, model, 12.3))


CALIBRATED = {"calibration": {"test_ece_after": 0.01}}


@pytest.mark.parametrize(
    ("positive", "words"),
    [(0.97, "Almost certain"), (0.9, "Confident"), (0.17, "Fairly sure"), (0.4, "Leaning")],
)
def test_the_words_come_from_the_one_table(positive, words):
    assert words in card(positive)


@pytest.mark.parametrize("positive", [0.43, 0.5, 0.57])
def test_near_one_half_is_mixed(positive):
    drawn = card(positive, level="modern", metrics=CALIBRATED)
    assert "Mixed or unclear" in drawn and "Out of 100" not in drawn


def test_out_of_100_is_said_only_where_calibration_was_measured():
    said = "Out of 100 reviews scored like this one, about 83 turn out to be negative."
    assert said in card(0.17, level="modern", metrics=CALIBRATED)
    assert "Out of 100" not in card(0.17, level="modern")
    assert "Out of 100" not in card(0.17, level="words", metrics=CALIBRATED)
    assert "Out of 100" not in card(0.17, level="public", metrics=CALIBRATED)


def test_the_word_model_says_what_it_is():
    assert "The word model puts 83% on negative" in card(0.17, level="words")


def test_no_card_claims_certainty():
    drawn = card(0.9999, level="modern", metrics=CALIBRATED)
    assert "100%" not in drawn.replace("width:100.0%", "") and "more than 99" in drawn


def test_nothing_readable_has_no_bars():
    from page.cards import Reading, render_card
    from reeltalk_inference.loading import LoadedModel

    model = LoadedModel("modern", "a model", "1", lambda _: [])
    drawn = render_card(Reading("!!!", unreadable_verdict(3), model, 1.0))
    assert "Can\u2019t tell" in drawn and "track" not in drawn
    assert "nothing read" in drawn and "1 word read" not in drawn


def test_short_foreign_and_long_reviews_are_noted():
    assert "Very short" in card(0.9, "great film")
    assert "does not look like English" in card(
        0.9, "\u5f88\u597d\u770b\u7684\u7535\u5f71 \u975e\u5e38"
    )
    assert "read in 5 parts, nothing was cut off" in card(0.9, votes=((0.0, 1.0),) * 5)
    assert "notes" not in card(0.9)


def test_an_ending_that_reverses_the_verdict_is_told():
    assert "The ending reversed" in card(0.7, votes=((1.0, 0.0), (0.5, 0.0), (0.0, 5.0)))
    assert "The ending" not in card(0.7, votes=((0.0, 1.0), (0.0, 1.0)))


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("The film was slow but I liked it in the end", False),
        ("ngl this slapped fr", False),
        ("La pel\u00edcula es muy buena y los actores no est\u00e1n mal", True),
        ("Der Film ist sehr langweilig und die Musik ist nicht gut", True),
        ("\u0445\u043e\u0440\u043e\u0448\u0438\u0439 \u0444\u0438\u043b\u044c\u043c", True),
        ("\U0001f525\U0001f525", False),
    ],
)
def test_languages_are_guessed(text, foreign):
    from page.language import looks_foreign

    assert looks_foreign(text) is foreign


def test_quotes_are_cut_between_words_and_end_with_one_full_stop():
    from page.tipped import render_tipped
    from reeltalk_inference.explanation import Explanation, Part

    review = "It is fun. " + "Nobody in this whole long sentence knows when to stop " * 2
    parts = (Part(0, 10, 2.0), Part(11, len(review), -1.0))
    drawn = render_tipped(review, Explanation("sentence", parts))
    assert "<p><b>Pushed up:</b> \u201cIt is fun\u201d.</p>" in drawn
    assert "knows when to stop\u2026\u201d.</p>" in drawn


def test_hostile_text_is_shown_as_text(words):
    from page.batch_view import Scored, render_rows
    from page.cards import render_message
    from page.tipped import render_tipped
    from reeltalk_inference.explanation import explain

    rows = render_rows(Scored([HOSTILE], words.predict([HOSTILE]), 0.1))
    tipped = render_tipped(HOSTILE, explain(HOSTILE, words.predict))
    for drawn in (rows, tipped, render_message(HOSTILE)):
        assert "<script" not in drawn and "${" not in drawn and "{{" not in drawn
        assert "\0" not in drawn and drawn.encode("utf-8")
    assert "&lt;script&gt;" in rows and "<mark" in tipped


@pytest.mark.parametrize(
    ("review", "words_of_refusal"),
    [("", "no text yet"), (" \n\t", "no text yet"), ("x" * 20_001, "20,001 characters")],
)
def test_blank_and_too_long_texts_get_a_message_and_no_verdict(ladder, review, words_of_refusal):
    pytest.importorskip("gradio")
    from page.review_tab import score_review

    message, about, *_ = score_review(review, ladder)
    assert words_of_refusal in message and about is None


def test_compare_says_who_is_missing_and_how_far_apart_the_two_are(words, ladder):
    pytest.importorskip("gradio")
    from page.compare_tab import compare

    sentence, standard, _ = compare("a good film", ladder)
    assert "STANDARD_MODEL is not set" in standard and "Only models that are loaded" in sentence
    both = dataclasses.replace(words, level="modern")
    ladder._replace({"words": words, "modern": both, "standard": both})
    assert "They agree.</b> Their scores are equal." in compare("a good film", ladder)[0]


def test_the_banner_names_who_answers_why_and_how_well(ladder):
    from page.banner import render_banner

    ladder.reasons["modern"] = "the <Hub> did not answer"
    drawn = render_banner(ladder)
    assert "bundled word model" in drawn and "the &lt;Hub&gt; did not answer" in drawn
    assert "90.5% of 25,000 test reviews" in drawn or "90.6% of 25,000 test reviews" in drawn
