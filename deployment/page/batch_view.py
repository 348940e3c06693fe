"""What the Batch tab shows: the share of positive reviews, how scores are spread, and the rows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reeltalk_inference.verdict import POSITIVE, Verdict

from page.cards import tone
from page.markup import count, escape, percent

_SHOWN_ROWS = 200
_SHOWN_CHARACTERS = 240
_NAMES = {"positive": "Positive", "mixed": "Mixed", "negative": "Negative"}
_NO_BAR = '<i style="height:1px" aria-hidden="true"></i>'


@dataclass(frozen=True)
class Scored:
    """The rows scored so far: a verdict each, None for a blank row."""

    reviews: Sequence[str]
    verdicts: Sequence[Verdict | None]
    seconds: float
    stopped: bool = False

    @property
    def tones(self) -> Counter[str]:
        """Count the rows by what they were found to be."""
        return Counter(tone(verdict) for verdict in self.verdicts if verdict)


def render_progress(done: int, total: int) -> str:
    """Draw how far it is."""
    share = 100 * done / total
    return (
        f'<div role="status"><p>{done:,} of {count(total, "review")} scored</p>'
        f'<div class="progress" role="progressbar" aria-valuenow="{share:.0f}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-label="Reviews scored"><span style="width:{share:.1f}%"></span>'
        "</div></div>"
    )


def render_scored(scored: Scored) -> str:
    """Draw the result: share, stacked bar, histogram."""
    tones = scored.tones
    told = sum(tones[name] for name in _NAMES)
    blank = sum(verdict is None for verdict in scored.verdicts)
    facts = [f"{told + tones['unreadable']:,} scored", f"{scored.seconds:.1f} s"]
    if blank:
        facts.insert(1, f"{blank:,} blank skipped")
    if tones["unreadable"]:
        facts.insert(1, f"{tones['unreadable']:,} unreadable")
    if scored.stopped:
        facts.insert(0, f"stopped after {count(len(scored.verdicts), 'row')}")
    share = percent(tones["positive"] / told) if told else "0%"
    return (
        f'<section role="status" aria-label="Result"><p class="share"><b>{share}</b> positive'
        f"<span>{', '.join(facts)}</span></p>{_stack(tones)}{_histogram(scored.verdicts)}</section>"
    )


def render_rows(scored: Scored) -> str:
    """Draw the first rows as a table."""
    pairs = list(zip(scored.reviews, scored.verdicts, strict=False))[:_SHOWN_ROWS]
    rows = "".join(_row(review, verdict) for review, verdict in pairs)
    more = len(scored.verdicts) - len(pairs)
    note = f'<p class="meta">{more:,} more in the download.</p>' if more else ""
    return (
        '<div class="rows" tabindex="0" role="region" aria-label="Scored reviews"><table><thead>'
        f"<tr><th>Verdict</th><th>Positive</th><th>Review</th></tr></thead><tbody>{rows}</tbody>"
        f"</table></div>{note}"
    )


def _row(review: str, verdict: Verdict | None) -> str:
    word = "Blank" if verdict is None else _NAMES.get(tone(verdict), "Can\u2019t tell")
    share = percent(verdict.probabilities[POSITIVE]) if verdict and verdict.probabilities else ""
    text = review if len(review) <= _SHOWN_CHARACTERS else f"{review[:_SHOWN_CHARACTERS]}\u2026"
    return f"<tr><td>{word}</td><td>{share}</td><td>{escape(text)}</td></tr>"


def _stack(tones: Counter[str]) -> str:
    cells = "".join(
        f'<span class="{name}" style="flex:{tones[name]}"></span>' for name in _NAMES if tones[name]
    )
    keys = "".join(
        f'<span><i class="key {name}" aria-hidden="true"></i>{word} <b>{tones[name]:,}</b></span>'
        for name, word in _NAMES.items()
    )
    return f'<div class="stack" aria-hidden="true">{cells}</div><div class="keys">{keys}</div>'


def _histogram(verdicts: Sequence[Verdict | None]) -> str:
    told = [verdict for verdict in verdicts if verdict and verdict.label]
    tenths: list[Counter[str]] = [Counter() for _ in range(10)]
    for verdict in told:
        tenths[min(9, int(10 * verdict.probabilities[POSITIVE]))][tone(verdict)] += 1
    most = max(tones.total() for tones in tenths) or 1
    columns = "".join(_column(tenth, tones, most) for tenth, tones in enumerate(tenths))
    return (
        '<div class="histogram"><p>How the scores are spread: reviews by positive probability</p>'
        f"<ol>{columns}</ol></div>"
    )


def _column(tenth: int, tones: Counter[str], most: int) -> str:
    """Draw one bar: a tenth that holds two verdicts is drawn in both colours."""
    parts = "".join(
        f'<i class="{name}" style="height:{72 * tones[name] / most:.1f}%" aria-hidden="true"></i>'
        for name in _NAMES
        if tones[name]
    )
    return (
        f'<li><span class="visually-hidden">{10 * tenth} to {10 * tenth + 10}%: </span>'
        f"<span>{tones.total() or ''}</span>{parts or _NO_BAR}"
        f'<span aria-hidden="true">{10 * tenth}%</span></li>'
    )
