"""What tipped it: the words or sentences that moved the score, marked in the visitor's text."""

from reeltalk_inference.explanation import Explanation, Part

from page.markup import escape

_MOST_NAMED = {"word": 5, "sentence": 2}
_MOST_MARKED = {"word": 16, "sentence": 12}
_LONGEST_QUOTE = 60


def render_tipped(review: str, explanation: Explanation) -> str:
    """Draw the section; say so where no part moved the score."""
    marked = explanation.strongest(_MOST_MARKED[explanation.unit])
    if not marked:
        return (
            '<section class="tipped"><h3>What tipped it</h3><p class="meta">No single '
            f"{explanation.unit} moved the score by much.</p></section>"
        )
    named = _named(review, marked, _MOST_NAMED[explanation.unit])
    return (
        '<section class="tipped" aria-label="What tipped it"><h3>What tipped it</h3>'
        f"{named}{_flip(review, explanation)}"
        f'<div class="text" tabindex="0" role="region" aria-label="Your review, marked">'
        f"{_marked(review, marked)}</div>{_legend(explanation.unit)}</section>"
    )


def _named(review: str, marked: list[Part], most: int) -> str:
    sides = (
        ("Pushed up", [part for part in marked if part.effect > 0]),
        ("Pulled down", [part for part in marked if part.effect < 0]),
    )
    return "".join(
        f"<p><b>{name}:</b> {', '.join(_distinct_quotes(review, parts)[:most])}.</p>"
        for name, parts in sides
        if parts
    )


def _distinct_quotes(review: str, parts: list[Part]) -> list[str]:
    quotes = {review[part.start : part.end].lower(): _quote(review, part) for part in parts}
    return list(quotes.values())


def _quote(review: str, part: Part) -> str:
    """Quote a part in one line, cut between words, and without the full stop of its own."""
    text = " ".join(review[part.start : part.end].split())
    if len(text) > _LONGEST_QUOTE:
        cut = text[:_LONGEST_QUOTE]
        text = (cut.rpartition(" ")[0] or cut).rstrip(".,;: ") + "\u2026"
    elif " " in text:
        text = text.rstrip(".,;: ") or text
    return f"\u201c{escape(text)}\u201d"


def _flip(review: str, explanation: Explanation) -> str:
    if not explanation.flip:
        return ""
    words = " and ".join(_quote(review, part) for part in explanation.flip)
    return f"<p>Without {words} the verdict would be the other one.</p>"


def _marked(review: str, marked: list[Part]) -> str:
    strongest = abs(marked[0].effect)
    pieces, done = [], 0
    for part in sorted(marked, key=lambda part: part.start):
        strength = min(3, 1 + int(3 * abs(part.effect) / strongest))
        side = "up" if part.effect > 0 else "down"
        pieces.append(escape(review[done : part.start]))
        word = escape(review[part.start : part.end])
        pieces.append(f'<mark class="{side} s{strength}">{word}</mark>')
        done = part.end
    return "".join([*pieces, escape(review[done:])])


def _legend(unit: str) -> str:
    return (
        '<p class="legend"><mark class="up s1">solid underline</mark> made it more positive, '
        '<mark class="down s1">dashed</mark> more negative. '
        f"Each {unit} was removed in turn to see how the score moved.</p>"
    )
