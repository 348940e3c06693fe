"""The tables that the slang set is built from: what they hold, and what is said when they err."""

import shutil
from collections import Counter

import emoji
import pytest

from reeltalk.errors import ReelTalkError
from reeltalk.slang.sources import LABELS, PARTS_OF_SPEECH, read_sources, read_terms
from tests.conftest import REPOSITORY

DATA = REPOSITORY / "data"


@pytest.fixture(scope="module")
def sources():
    return read_sources(DATA / "slang_terms.csv", DATA / "slang_parts")


def is_emoji(term):
    return term.part_of_speech == "emoji"


def test_there_are_300_expressions_and_80_emoji(sources):
    slang = [term for term in sources.terms if not term.is_plain]
    assert sum(not is_emoji(term) for term in slang) >= 300
    assert sum(is_emoji(term) for term in slang) >= 80


def test_terms_are_balanced_in_every_part_of_speech(sources):
    counts = Counter((term.is_plain, term.part_of_speech, term.polarity) for term in sources.terms)
    for is_plain, part_of_speech in {(plain, part) for plain, part, _ in counts}:
        of_both = [counts[is_plain, part_of_speech, label] for label in LABELS]
        assert of_both[0] == of_both[1]
    assert {part for _, part, _ in counts} == set(PARTS_OF_SPEECH)


def test_terms_come_from_many_places(sources):
    origins = Counter(term.origin for term in sources.terms if not is_emoji(term))
    for origin in ("Gen Z", "internet", "film fandom", "AAVE-derived", "British", "gaming"):
        assert origins[origin] >= 25


def test_every_emoji_term_is_made_of_emoji(sources):
    for term in sources.terms:
        if is_emoji(term):
            assert emoji.replace_emoji(term.term, "") == "", term


def test_every_kind_has_templates_for_both_verdicts(sources):
    verdicts = {}
    for template in sources.templates:
        polarities = LABELS if template.polarity == "any" else [template.polarity]
        for polarity in polarities:
            verdict = polarity if not template.reverses else (set(LABELS) - {polarity}).pop()
            verdicts.setdefault(template.kind, set()).add(verdict)
    assert len(verdicts) == 15
    assert set(map(len, verdicts.values())) == {2}


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(DATA / "slang_parts", tmp_path / "slang_parts")
    shutil.copy(DATA / "slang_terms.csv", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "row", "message"),
    [
        (
            "slang_terms.csv",
            "fire!,great,adjective,internet,strong,",
            "polarity 'great' is unknown; use negative or positive",
        ),
        ("slang_terms.csv", "x,positive,gerund,internet,strong,", "part_of_speech 'gerund' is"),
        ("slang_terms.csv", "x,positive,noun,my aunt,strong,", "origin 'my aunt' is unknown"),
        ("slang_terms.csv", "x,positive,noun,internet,huge,", "strength 'huge' is unknown"),
        ("slang_terms.csv", "mid,negative,noun,internet,mild,", "term 'mid' is there twice"),
        ("slang_terms.csv", " ,negative,noun,internet,mild,", "the term is empty"),
        ("templates.csv", "t,plain,noun,any,same,no slot", "text 'no slot' has no {term}"),
        ("templates.csv", "t,plain,noun,any,same,{term} {cat}", "slot 'cat' is unknown"),
        ("templates.csv", "t,plain,noun,any,mixed,{term}", "label 'mixed' is unknown"),
        ("slots.csv", "work,movie", "'movie' is there twice for 'work'"),
        ("slots.csv", "term,movie", "slot 'term' is for terms"),
        ("literal.csv", "bussin,positive,bussin tables", "term 'bussin' has no literal sense"),
        ("literal.csv", "fire,positive,a flame", "'fire' does not occur in 'a flame'"),
        ("literal.csv", "fire,good,a fire", "label 'good' is unknown"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_line_and_value(copy, file, row, message):
    path = copy / file if file == "slang_terms.csv" else copy / "slang_parts" / file
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, row]) + "\n", encoding="utf-8")
    with pytest.raises(ReelTalkError) as error:
        read_sources(copy / "slang_terms.csv", copy / "slang_parts")
    assert f"{file}, line {len(lines) + 1}: {message}" in str(error.value)


def test_a_term_with_a_literal_sense_has_twins(copy):
    terms = copy / "slang_terms.csv"
    terms.write_text(terms.read_text() + "dunked,positive,verb,internet,mild,put into tea\n")
    with pytest.raises(ReelTalkError, match="no twins for the literal sense of 'dunked'"):
        read_sources(terms, copy / "slang_parts")


def test_twins_come_in_pairs(copy):
    file = copy / "slang_parts" / "literal.csv"
    file.write_text(file.read_text() + "fire,positive,one fire too many\n")
    with pytest.raises(ReelTalkError, match="'fire' has more texts of one label"):
        read_sources(copy / "slang_terms.csv", copy / "slang_parts")


def test_a_plain_word_is_no_slang(copy):
    file = copy / "slang_parts" / "plain_terms.csv"
    file.write_text(file.read_text() + "mid,negative,adjective,plain,mild,\n")
    with pytest.raises(ReelTalkError, match=r"plain_terms.csv: 'mid' is in .*slang_terms.csv"):
        read_sources(copy / "slang_terms.csv", copy / "slang_parts")


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "terms.csv").write_text("term,polarity\nmid,negative\n")
    with pytest.raises(ReelTalkError, match="columns part_of_speech, origin, strength, literal"):
        read_terms(tmp_path / "terms.csv")
