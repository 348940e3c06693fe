"""Builds data/slang.csv from its sources: which term meets which template, and what is held out.

Whole terms and whole templates are held out. A row's split says which of its two is; the terms
in its other slots are held out exactly if its main term is, so that no held-out term is learnt.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from reeltalk.config import SlangConfig
from reeltalk.slang.holding_out import hold_out, split_of
from reeltalk.slang.registers import as_hashtag, sentence_case, write_in_some_register
from reeltalk.slang.slang_set import COLUMNS, SEEN, SPLITS, SlangSet, read_slang
from reeltalk.slang.sources import LABELS, Sources, Template, Term, Twins, read_sources
from reeltalk.tables import Row, write_rows
from reeltalk.terminal import say

LITERAL = "literal"

# How many rows each kind has before it is balanced. The hard constructions, which are all the
# other kinds, are built with plain opinion words and with slang, half and half.
_ROWS = {
    "plain": 4000,
    "negated": 2000,
    "context": 2000,
    "contrast": 1600,
    "emoji": 800,
    "emoji-text": 1600,
}
_HARD_ROWS = 1400

# Rows of one kind, split and label that are kept of what may not be learnt from: enough to tell
# models apart by.
_MOST_HELD_OUT = 30

_HELD_OUT_TERMS = 0.2
_HELD_OUT_TEMPLATES = 0.25

# Kinds in which form is the message, or all there is.
_KEEPS_FORM = ("irony", "emoji")
_HASHTAG_SHARE = 0.04
_STACKED_EMOJI_SHARE = 0.35
_TRIES = 20

_SLOT = re.compile(r"\{(\w+)\}")

Item = TypeVar("Item")


def build_slang(config: SlangConfig) -> None:
    """Write data/slang.csv from its sources, or check all of them."""
    sources = read_sources(config.terms_file, config.parts_dir)
    if config.action == "build":
        write_rows(config.slang_file, generate(sources, config.seed), COLUMNS)
    slang = read_slang(config.slang_file)
    say(describe(slang, sources))


def describe(slang: SlangSet, sources: Sources) -> str:
    """Count what there is, in one line for the whole and one for each kind."""
    splits = Counter(row["split"] for row in slang.rows)
    listed = ", ".join(f"{split} {splits[split]:,}" for split in SPLITS)
    terms = [term for term in sources.terms if not term.is_plain]
    emoji = sum(term.part_of_speech == "emoji" for term in terms)
    kinds = Counter(row["kind"] for row in slang.rows)
    return (
        f"{slang.file}: {len(slang.rows):,} rows ({listed}) of {len(terms) - emoji} expressions, "
        f"{emoji} emoji, {len(sources.templates)} templates\n  "
        + ", ".join(f"{kind} {count}" for kind, count in kinds.items())
    )


def generate(sources: Sources, seed: int) -> list[Row]:
    """Make the rows, balanced within each kind and split; the same seed makes the same."""
    return _Generator(sources, seed).rows()


class _Generator:
    """What every row draws on: the sources, what of them is held out, and one source of chance."""

    def __init__(self, sources: Sources, seed: int) -> None:
        self._sources = sources
        self._chance = random.Random(seed)
        self._held_terms = hold_out(
            sources.terms,
            lambda term: (term.polarity, term.part_of_speech, term.is_plain),
            _HELD_OUT_TERMS,
            self._chance,
        )
        self._held_templates = hold_out(
            sources.templates,
            lambda item: (item.kind, item.part_of_speech, item.polarity, item.reverses),
            _HELD_OUT_TEMPLATES,
            self._chance,
        )
        self._held_twins = hold_out(
            sources.twins, lambda twins: twins.number, _HELD_OUT_TEMPLATES, self._chance
        )
        self._peers: dict[tuple[str, str, bool], list[Term]] = defaultdict(list)
        for term in sources.terms:
            self._peers[self._peer_key(term, term.polarity)].append(term)
        self._texts: set[str] = set()

    def rows(self) -> list[Row]:
        """Make all rows, kind after kind, each shuffled."""
        kinds: dict[str, list[Template]] = defaultdict(list)
        for template in self._sources.templates:
            kinds[template.kind].append(template)
        made = [self._rows_of(kind, templates) for kind, templates in kinds.items()]
        made.append([row for twins in self._sources.twins for row in self._literal_rows(twins)])
        return [row for rows in made for row in self._balanced(rows)]

    def _rows_of(self, kind: str, templates: Sequence[Template]) -> list[Row]:
        hard = kind not in _ROWS
        slang = [term for term in self._sources.terms if not term.is_plain]
        plain = [term for term in self._sources.terms if term.is_plain]
        if not hard:
            return self._rows_with(slang, templates, _ROWS[kind])
        return self._rows_with(slang, templates, _HARD_ROWS // 2) + self._rows_with(
            plain, templates, _HARD_ROWS // 2
        )

    def _rows_with(
        self, terms: Sequence[Term], templates: Sequence[Template], wanted: int
    ) -> list[Row]:
        """Make rows in rounds over the terms, each going through its templates in its own order."""
        waiting = {
            term: self._shuffled(template for template in templates if template.takes(term))
            for term in terms
        }
        rows: list[Row] = []
        while len(rows) < wanted and any(waiting.values()):
            for term in self._shuffled(term for term in terms if waiting[term]):
                template = waiting[term].pop()
                text = self._text(template, term)
                if text is not None and len(rows) < wanted:
                    rows.append(self._row(template, term, text))
        return rows

    def _row(self, template: Template, term: Term, text: str) -> Row:
        label = _opposite(term.polarity) if template.reverses else term.polarity
        split = split_of(term in self._held_terms, template in self._held_templates)
        return _as_row(text, label, term.term, template.name, template.kind, split)

    def _literal_rows(self, twins: Twins) -> list[Row]:
        held = any(term.term == twins.term for term in self._held_terms)
        split = split_of(held, twins in self._held_twins)
        name = f"{LITERAL}-{as_hashtag(twins.term)[1:].lower()}-{twins.number}"
        return [
            _as_row(text, label, twins.term, name, LITERAL, split)
            for label, text in (("positive", twins.positive), ("negative", twins.negative))
        ]

    def _text(self, template: Template, term: Term) -> str | None:
        """Fill a template and write it in some register; None if it only comes out as before."""
        for _ in range(_TRIES):
            text = self._filled(template, term)
            if text not in self._texts:
                self._texts.add(text)
                return text
        return None

    def _filled(self, template: Template, term: Term) -> str:
        chance, slots = self._chance, self._sources.slots
        word = term.term
        if template.part_of_speech == "phrase" and chance.random() < _HASHTAG_SHARE:
            word = as_hashtag(word)
        # One filling for each slot: a remark speaks of one film all through.
        fillings = {slot: chance.choice(choices) for slot, choices in slots.items()}
        text = _fill(template.text, {"term": word, **self._companions(term), **fillings})
        if text != text.lower():
            text = sentence_case(text)
        if template.kind == "emoji":
            return text
        if template.kind == "context" and chance.random() < _STACKED_EMOJI_SHARE:
            text += " " + self._agreeing_emoji(term) * chance.randint(1, 3)
        opener, closer = (_fill(fillings[slot], fillings) for slot in ("opener", "closer"))
        keeps_form = template.kind in _KEEPS_FORM
        return write_in_some_register(text, opener, closer, chance, keeps_form)

    def _companions(self, term: Term) -> dict[str, str]:
        """Draw terms for {other} and {also}, held out if `term` is, and none of it twice."""
        drawn = {}
        for slot, polarity in (("other", _opposite(term.polarity)), ("also", term.polarity)):
            peers = [
                peer
                for peer in self._peers[self._peer_key(term, polarity)]
                if (peer in self._held_terms) == (term in self._held_terms) and peer != term
            ]
            drawn[slot] = self._chance.choice(peers or [term]).term
        return drawn

    def _agreeing_emoji(self, term: Term) -> str:
        emoji = [
            peer.term
            for peer in self._peers[(term.polarity, "emoji", False)]
            if (peer in self._held_terms) == (term in self._held_terms)
        ]
        return self._chance.choice(emoji)

    @staticmethod
    def _peer_key(term: Term, polarity: str) -> tuple[str, str, bool]:
        return polarity, term.part_of_speech, term.is_plain

    def _shuffled(self, items: Iterable[Item]) -> list[Item]:
        shuffled = list(items)
        self._chance.shuffle(shuffled)
        return shuffled

    def _balanced(self, rows: list[Row]) -> list[Row]:
        """Drop rows of the more frequent label within each split until both are as many."""
        kept: list[Row] = []
        for split in SPLITS:
            by_label = [
                [row for row in rows if row["split"] == split and row["label"] == label]
                for label in LABELS
            ]
            fewest = min(len(group) for group in by_label)
            if split != SEEN:
                fewest = min(fewest, _MOST_HELD_OUT)
            for group in by_label:
                kept += self._chance.sample(group, fewest)
        return self._shuffled(kept)


def _fill(text: str, fillings: dict[str, str]) -> str:
    return _SLOT.sub(lambda found: fillings[found[1]], text)


def _opposite(polarity: str) -> str:
    return "negative" if polarity == "positive" else "positive"


def _as_row(*values: str) -> Row:
    return dict(zip(COLUMNS, values, strict=True))
