"""The modern-slang set: built from terms and templates, checked, and read with its held-out parts.

`data/slang_terms.csv` says what each expression means; the templates here say nothing of good or
bad, so that only the expression, and whether it is negated, decides a row's label.
"""

import random
from dataclasses import dataclass
from pathlib import Path

from reeltalk.config import SlangConfig
from reeltalk.errors import ReelTalkError
from reeltalk.reviews import NEGATIVE_ID, POSITIVE_ID, Reviews
from reeltalk.tables import Row, read_rows, write_rows
from reeltalk.terminal import say

COLUMNS = ("text", "label", "term", "template", "kind", "split")
TERM_COLUMNS = ("term", "polarity", "part_of_speech", "origin", "strength", "literal")
SPLITS = ("seen", "unseen-term", "unseen-template", "unseen-both")

_LABELS = {"negative": NEGATIVE_ID, "positive": POSITIVE_ID}
_HELD_OUT_SHARE = 0.25

_SLOTS = {
    "{part}": (
        "acting",
        "soundtrack",
        "ending",
        "script",
        "lead",
        "pacing",
        "final act",
        "villain",
    ),
    "{work}": ("movie", "film", "show", "sequel", "episode", "documentary", "reboot", "short"),
    "{when}": ("last night", "on the plane", "with my cousins", "at 2am", "at the drive-in"),
}

# kind -> part of speech -> templates
_TEMPLATES: dict[str, dict[str, tuple[str, ...]]] = {
    "plain": {
        "adjective": (
            "that {work} was {term}",
            "watched it {when} and the {part} is {term} ngl",
            "The {part}? {term}. That is the review.",
            "not gonna lie the whole {work} is {term}",
            "my brother picked this {work} and honestly it's {term}",
            "two hours long, three plots, and the {part} is so {term}",
            "Everyone asked me about the {part}. It's {term}, ok?",
            "saw this {work} {when}... {term}",
        ),
        "verb": (
            "this {work} {term}",
            "the {part} {term}, I said what I said",
            "Saw it {when}. The {part} {term}.",
            "ok but the {part} in this {work} really {term}",
            "second half of the {work} {term} and you know it",
            "I'm telling you the {part} {term}",
        ),
        "noun": (
            "this {work} is {term}",
            "watched it {when}, it's {term}",
            "The {part} is {term}, no debate.",
            "Honestly? {term}. The {part} says it all.",
            "my whole group chat agrees the {work} is {term}",
            "what a {work}: {term}, start to finish",
        ),
    },
    "negated": {
        "adjective": (
            "no way this {work} was {term}",
            "people say the {part} is {term} but it's not {term} at all",
            "The {part} isn't {term}, whatever you heard.",
            "never once did I think this {work} was {term}",
        ),
        "noun": (
            "this {work} is not {term}",
            "don't let anyone tell you the {part} is {term}",
            "Nobody who saw it {when} would call it {term}.",
            "it isn't {term} and the {part} never was",
        ),
    },
}


@dataclass(frozen=True)
class Term:
    """One expression of data/slang_terms.csv."""

    term: str
    polarity: str
    part_of_speech: str


def build_slang(config: SlangConfig) -> None:
    """Write data/slang.csv from the terms, or check both files."""
    terms = read_terms(config.terms_file)
    if config.action == "build":
        rows = generate(terms, config.seed)
        write_rows(config.slang_file, rows, COLUMNS)
    sizes = {split: len(part) for split, part in read_slang(config.slang_file).items()}
    listed = ", ".join(f"{split} {size:,}" for split, size in sizes.items())
    say(f"{config.slang_file}: {sum(sizes.values()):,} rows ({listed}), {len(terms)} terms")


def read_terms(file: Path) -> list[Term]:
    """Read and check the terms.

    Raises:
        ReelTalkError: naming file, line and value.
    """
    terms: dict[str, Term] = {}
    for line, row in enumerate(read_rows(file), start=2):
        _check_columns(row, TERM_COLUMNS, file)
        _check_value(row["polarity"], "polarity", tuple(_LABELS), file, line)
        parts_of_speech = tuple(_TEMPLATES["plain"])
        _check_value(row["part_of_speech"], "part_of_speech", parts_of_speech, file, line)
        if row["term"] in terms:
            raise ReelTalkError(f"{file}, line {line}: term '{row['term']}' is there twice")
        terms[row["term"]] = Term(row["term"], row["polarity"], row["part_of_speech"])
    return list(terms.values())


def generate(terms: list[Term], seed: int) -> list[Row]:
    """Put every term into every template of its part of speech, balanced within each kind."""
    chance = random.Random(seed)
    held_terms = _held_out_terms(terms, chance)
    rows: list[Row] = []
    for kind, by_part in _TEMPLATES.items():
        of_kind: list[Row] = []
        for part_of_speech, templates in by_part.items():
            held_templates = set(
                chance.sample(range(len(templates)), round(len(templates) * _HELD_OUT_SHARE))
            )
            for number, template in enumerate(templates):
                of_kind += [
                    _row(
                        term,
                        template,
                        f"{kind}-{part_of_speech}-{number}",
                        kind,
                        _split(term.term in held_terms, number in held_templates),
                        chance,
                    )
                    for term in terms
                    if term.part_of_speech == part_of_speech
                ]
        rows += _balanced(of_kind, chance)
    return rows


def read_slang(file: Path) -> dict[str, Reviews]:
    """Read and check the slang set; give its rows by split.

    Raises:
        ReelTalkError: naming file, line and value.
    """
    parts: dict[str, Reviews] = {split: Reviews([], []) for split in SPLITS}
    first_line: dict[str, int] = {}
    for line, row in enumerate(read_rows(file), start=2):
        _check_columns(row, COLUMNS, file)
        _check_value(row["label"], "label", tuple(_LABELS), file, line)
        _check_value(row["split"], "split", SPLITS, file, line)
        if row["text"] in first_line:
            raise ReelTalkError(
                f"{file}, line {line}: the text of line {first_line[row['text']]} again"
            )
        first_line[row["text"]] = line
        parts[row["split"]].texts.append(row["text"])
        parts[row["split"]].labels.append(_LABELS[row["label"]])
    return {split: part for split, part in parts.items() if len(part)}


def _held_out_terms(terms: list[Term], chance: random.Random) -> set[str]:
    """Hold out a share of the terms of each polarity and part of speech."""
    groups: dict[tuple[str, str], list[str]] = {}
    for term in terms:
        groups.setdefault((term.polarity, term.part_of_speech), []).append(term.term)
    return {
        term
        for group in groups.values()
        for term in chance.sample(group, round(len(group) * _HELD_OUT_SHARE))
    }


def _row(term: Term, template: str, name: str, kind: str, split: str, chance: random.Random) -> Row:
    text = template.replace("{term}", term.term)
    for slot, fillings in _SLOTS.items():
        text = text.replace(slot, chance.choice(fillings))
    label = term.polarity
    if kind == "negated":
        label = "negative" if term.polarity == "positive" else "positive"
    return dict(zip(COLUMNS, (text, label, term.term, name, kind, split), strict=True))


def _split(term_held_out: bool, template_held_out: bool) -> str:
    if term_held_out:
        return "unseen-both" if template_held_out else "unseen-term"
    return "unseen-template" if template_held_out else "seen"


def _balanced(rows: list[Row], chance: random.Random) -> list[Row]:
    """Drop rows of the more frequent label within each split until both are as many."""
    kept: list[Row] = []
    for split in SPLITS:
        by_label = [
            [row for row in rows if row["split"] == split and row["label"] == label]
            for label in _LABELS
        ]
        fewest = min(len(group) for group in by_label)
        for group in by_label:
            kept += chance.sample(group, fewest)
    chance.shuffle(kept)
    return kept


def _check_columns(row: Row, columns: tuple[str, ...], file: Path) -> None:
    missing = [column for column in columns if column not in row]
    if missing:
        raise ReelTalkError(
            f"{file}: the columns {', '.join(missing)} are missing; found {', '.join(row)}"
        )


def _check_value(value: str, column: str, allowed: tuple[str, ...], file: Path, line: int) -> None:
    if value not in allowed:
        raise ReelTalkError(
            f"{file}, line {line}: {column} '{value}' is unknown; use {' or '.join(allowed)}"
        )
