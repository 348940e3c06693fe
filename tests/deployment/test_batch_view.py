"""What the Batch tab draws."""


def test_bars_of_the_histogram_have_the_colours_of_the_legend():
    from page.batch_view import Scored, render_scored
    from reeltalk_inference.verdict import verdict_from_probability

    verdicts = [verdict_from_probability(share, 1, 1) for share in (0.41, 0.45, 0.57, 0.59, 0.9)]
    drawn = render_scored(Scored(["x"] * 5, verdicts, 1.0)).partition("histogram")[2]
    bars = [
        [name for name in ("positive", "mixed", "negative") if f'class="{name}"' in column]
        for column in drawn.split("<li>")[1:]
    ]
    assert bars[4] == ["mixed", "negative"] and bars[5] == ["positive", "mixed"]
    assert bars[9] == ["positive"] and bars[0] == []
