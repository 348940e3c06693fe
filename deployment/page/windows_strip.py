"""How each part of a long review was read, as a strip from its beginning to its end."""

import math

from reeltalk_inference.verdict import Verdict

from page.markup import percent

_MIXED = 0.08


def render_strip(verdict: Verdict) -> str:
    """Draw a cell for each window, and say so where the ending turned the verdict."""
    if verdict.windows < 2:
        return ""
    margins = [positive - negative for negative, positive in verdict.window_logits]
    shares = [0.5 * (1 + math.tanh(margin / 2)) for margin in margins]
    cells = "".join(_cell(position, share) for position, share in enumerate(shares, 1))
    return (
        f'<div class="strip"><p>How each part reads, from first to last</p>'
        f'<ol aria-label="Votes of the parts">{cells}</ol>{_ending(margins)}</div>'
    )


def _cell(position: int, share: float) -> str:
    kind = "mixed" if abs(share - 0.5) < _MIXED else "positive" if share > 0.5 else "negative"
    sign = {"positive": "\u25b2", "negative": "\u25bc", "mixed": "\u25c6"}[kind]
    return (
        f'<li class="{kind}" title="Part {position}: {percent(share)} positive">'
        f'<span class="visually-hidden">Part {position}: {percent(share)} positive</span>'
        f'<span aria-hidden="true">{sign}</span></li>'
    )


def _ending(margins: list[float]) -> str:
    """Compare the verdict with the one that all but the last part would have given."""
    before, after = sum(margins[:-1]), sum(margins)
    if before * after < 0:
        return "<p><b>The ending reversed the verdict.</b></p>"
    if after * margins[-1] < 0:
        return "<p>The ending reads the other way, but did not reverse the verdict.</p>"
    return ""
