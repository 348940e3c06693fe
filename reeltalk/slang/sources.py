"""What the slang set is made of: terms, templates, slot fillings and literal twins, checked.

Every table is a CSV file that people edit; whatever is wrong in one is named with file, line and
value. How rows are made of them is `building`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reeltalk.errors import ReelTalkError
from reeltalk.reviews import NEGATIVE_ID, POSITIVE_ID
from reeltalk.tables import Row, read_rows

LABELS = {"negative": NEGATIVE_ID, "positive": POSITIVE_ID}
PARTS_OF_SPEECH = ("adjective", "verb", "noun", "phrase", "emoji")
PLAIN = "plain"
"""Origin of the plain opinion words that the hard constructions are built with as well."""
ORIGINS = ("Gen Z", "internet", "film fandom", "AAVE-derived", "British", "gaming", PLAIN)
TERM_SLOTS = ("term", "other", "also")

_TERM_COLUMNS = ("term", "polarity", "part_of_speech", "origin", "strength", "literal")
_TEMPLATE_COLUMNS = ("template", "kind", "part_of_speech", "polarity", "label", "text")
_SLOT_COLUMNS = ("slot", "filling")
_LITERAL_COLUMNS = ("term", "label", "text")
_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Term:
    """One expression or emoji, and what it says of a film."""

    term: str
    polarity: str
    part_of_speech: str
    origin: str
    strength: str
    literal: str

    @property
    def is_plain(self) -> bool:
        """Tell plain opinion words from slang."""
        return self.origin == PLAIN


@dataclass(frozen=True)
class Template:
    """A text with slots.

    Attributes:
        name: unique.
        kind: what it teaches, and is measured as.
        part_of_speech: of the terms that go into {term}.
        polarity: of these terms; "any" where both fit.
        reverses: whether the verdict is the opposite of the term's polarity.
        text: the text; {other} takes a term of the opposite polarity, {also} one of the same.
    """

    name: str
    kind: str
    part_of_speech: str
    polarity: str
    reverses: bool
    text: str

    def takes(self, term: Term) -> bool:
        """Tell whether a term fits."""
        return term.part_of_speech == self.part_of_speech and self.polarity in (
            "any",
            term.polarity,
        )


@dataclass(frozen=True)
class Twins:
    """Two texts that use a term in its literal sense, one of either verdict."""

    term: str
    number: int
    positive: str
    negative: str


@dataclass(frozen=True)
class Sources:
    """All that the slang set is built from, in the order of the files."""

    terms: list[Term]
    templates: list[Template]
    slots: dict[str, list[str]]
    twins: list[Twins]


def read_sources(terms_file: Path, parts_dir: Path) -> Sources:
    """Read and check all tables.

    Args:
        terms_file: the slang terms and emoji.
        parts_dir: folder of plain_terms.csv, templates.csv, slots.csv and literal.csv.

    Raises:
        ReelTalkError: naming file, line and value.
    """
    terms = read_terms(terms_file)
    plain_file = parts_dir / "plain_terms.csv"
    plain = read_terms(plain_file)
    twice = {term.term for term in terms} & {term.term for term in plain}
    if twice:
        raise ReelTalkError(f"{plain_file}: '{min(twice)}' is in {terms_file} as well")
    slots = _read_slots(parts_dir / "slots.csv")
    return Sources(
        terms + plain,
        read_templates(parts_dir / "templates.csv", slots),
        slots,
        read_twins(parts_dir / "literal.csv", terms),
    )


def read_terms(file: Path) -> list[Term]:
    """Read a table of terms."""
    terms: dict[str, Term] = {}
    for line, row in checked_rows(file, _TERM_COLUMNS):
        check_value(row, "polarity", tuple(LABELS), file, line)
        check_value(row, "part_of_speech", PARTS_OF_SPEECH, file, line)
        check_value(row, "origin", ORIGINS, file, line)
        check_value(row, "strength", ("strong", "mild"), file, line)
        _refuse(not row["term"].strip(), file, line, "the term is empty")
        _refuse(row["term"] in terms, file, line, f"term '{row['term']}' is there twice")
        terms[row["term"]] = Term(*(row[column] for column in _TERM_COLUMNS))
    return list(terms.values())


def read_templates(file: Path, slots: dict[str, list[str]]) -> list[Template]:
    """Read the templates, whose slots are those of `slots` and the terms' own."""
    templates: dict[str, Template] = {}
    known = (*TERM_SLOTS, *slots)
    for line, row in checked_rows(file, _TEMPLATE_COLUMNS):
        name, text = row["template"], row["text"]
        check_value(row, "part_of_speech", PARTS_OF_SPEECH, file, line)
        check_value(row, "polarity", ("any", *LABELS), file, line)
        check_value(row, "label", ("same", "opposite"), file, line)
        _refuse(name in templates, file, line, f"template '{name}' is there twice")
        _refuse("{term}" not in text, file, line, f"text '{text}' has no {{term}}")
        for slot in _SLOT.findall(text):
            check_value({"slot": slot}, "slot", known, file, line)
        reverses = row["label"] == "opposite"
        templates[name] = Template(
            name, row["kind"], row["part_of_speech"], row["polarity"], reverses, text
        )
    return list(templates.values())


def read_twins(file: Path, terms: Sequence[Term]) -> list[Twins]:
    """Read the literal twins: for each term, texts of both verdicts in turns."""
    literal = {term.term for term in terms if term.literal}
    by_term: dict[str, list[dict[str, str]]] = {}
    for line, row in checked_rows(file, _LITERAL_COLUMNS):
        term, label, text = row["term"], row["label"], row["text"]
        check_value(row, "label", tuple(LABELS), file, line)
        _refuse(term not in literal, file, line, f"term '{term}' has no literal sense")
        _refuse(
            term.lower() not in text.lower(), file, line, f"'{term}' does not occur in '{text}'"
        )
        pairs = by_term.setdefault(term, [])
        waiting = next((pair for pair in pairs if label not in pair), None)
        if waiting is None:
            pairs.append(waiting := {})
        waiting[label] = text
    for term, pairs in by_term.items():
        if any(len(pair) < len(LABELS) for pair in pairs):
            raise ReelTalkError(f"{file}: '{term}' has more texts of one label than of the other")
    missing = sorted(literal - set(by_term))
    if missing:
        raise ReelTalkError(f"{file}: no twins for the literal sense of '{missing[0]}'")
    return [
        Twins(term, number, pair["positive"], pair["negative"])
        for term, pairs in by_term.items()
        for number, pair in enumerate(pairs, start=1)
    ]


def check_value(row: Row, column: str, allowed: Sequence[str], file: Path, line: int) -> None:
    """Refuse a value that is none of those allowed."""
    if row[column] not in allowed:
        raise ReelTalkError(
            f"{file}, line {line}: {column} '{row[column]}' is unknown; "
            f"use {', '.join(allowed[:-1])} or {allowed[-1]}"
        )


def checked_rows(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Yield a table's rows with their line numbers, having checked that it has the columns."""
    for line, row in enumerate(read_rows(file), start=2):
        missing = [column for column in columns if column not in row]
        if missing:
            raise ReelTalkError(
                f"{file}: the columns {', '.join(missing)} are missing; found {', '.join(row)}"
            )
        yield line, row


def _read_slots(file: Path) -> dict[str, list[str]]:
    slots: dict[str, list[str]] = {}
    for line, row in checked_rows(file, _SLOT_COLUMNS):
        slot, filling = row["slot"], row["filling"]
        fillings = slots.setdefault(slot, [])
        _refuse(slot in TERM_SLOTS, file, line, f"slot '{slot}' is for terms")
        _refuse(filling in fillings, file, line, f"'{filling}' is there twice for '{slot}'")
        fillings.append(filling)
    return slots


def _refuse(wrong: bool, file: Path, line: int, what: str) -> None:
    if wrong:
        raise ReelTalkError(f"{file}, line {line}: {what}")
