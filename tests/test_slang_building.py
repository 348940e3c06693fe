"""data/slang.csv is what its sources build: large, unique, balanced, and honestly held out."""

import random
import re
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from reeltalk.config import SlangConfig
from reeltalk.slang import HELD_OUT, SPLITS, build_slang, generate, read_slang, read_sources
from reeltalk.slang.registers import as_hashtag, sentence_case, write_in_some_register
from tests.conftest import REPOSITORY

CONFIG = SlangConfig(
    "check",
    terms_file=REPOSITORY / "data" / "slang_terms.csv",
    parts_dir=REPOSITORY / "data" / "slang_parts",
    slang_file=REPOSITORY / "data" / "slang.csv",
)


@pytest.fixture(scope="module")
def sources():
    return read_sources(CONFIG.terms_file, CONFIG.parts_dir)


@pytest.fixture(scope="module")
def rows():
    return read_slang(CONFIG.slang_file).rows


def test_the_committed_set_is_what_the_sources_build(tmp_path):
    build_slang(replace(CONFIG, action="build", slang_file=tmp_path / "slang.csv"))
    assert (tmp_path / "slang.csv").read_bytes() == CONFIG.slang_file.read_bytes()


def test_another_seed_builds_another_set(sources, rows):
    assert generate(sources, seed=1) != rows


def test_there_are_5000_rows_and_none_twice(rows):
    assert len(rows) >= 5000
    assert len({row["text"] for row in rows}) == len(rows)


def test_labels_are_balanced_within_each_kind_and_split(rows):
    counts = Counter((row["kind"], row["split"], row["label"]) for row in rows)
    for kind, split, _ in counts:
        assert counts[kind, split, "positive"] == counts[kind, split, "negative"]


def test_every_kind_is_held_out_in_every_way(rows):
    kinds = {row["kind"] for row in rows}
    assert len(kinds) == 16
    assert {(row["kind"], row["split"]) for row in rows} == {
        (kind, split) for kind in kinds for split in SPLITS
    }


def test_held_out_templates_are_never_learnt_from(rows):
    templates = defaultdict(set)
    for row in rows:
        templates[row["split"] in ("unseen-template", "unseen-both")].add(row["template"])
    assert not templates[True] & templates[False]


def test_held_out_terms_are_in_no_row_that_is_learnt(sources, rows):
    """Not in {other} and {also} either, where the column `term` would not show them."""
    held = {row["term"] for row in rows if row["split"] in ("unseen-term", "unseen-both")}
    learnt = [row for row in rows if row["split"] == "seen"]
    assert not held & {row["term"] for row in learnt}
    templates = {template.name: template.text.lower() for template in sources.templates}
    ordinary = " ".join(twins.positive + twins.negative for twins in sources.twins).lower()
    # Words of the templates and of the literal twins, and parts of longer terms, are no terms.
    checked = {
        term
        for term in held
        if len(term.split()) > 1
        and term.lower() not in ordinary
        and not any(term in row["term"] for row in learnt)
    }
    assert len(checked) > 20
    for term in checked:
        inside = re.compile(rf"\b{re.escape(term)}\b", re.I)
        for row in learnt:
            if term.lower() not in templates.get(row["template"], ""):
                assert not inside.search(row["text"]), (term, row)


def test_no_template_or_slot_is_left_unfilled(rows):
    assert not [row for row in rows if re.search(r"\{\w+\}", row["text"])]


def test_a_remark_names_one_film(sources, rows):
    """ "this western" does not become "the biopic" two sentences later."""
    works = set(sources.slots["work"]) - {"show", "film", "movie", "series", "drama"}
    templates = {template.name: template.text for template in sources.templates}
    for row in rows:
        own = templates.get(row["template"], " ".join(works)).lower()
        named = {work for work in works if re.search(rf"\b{work}\b", row["text"].lower())}
        named -= {work for work in works if work in own}
        assert len(named) <= 1, row


def test_the_label_follows_from_term_and_template(sources, rows):
    polarity = {term.term: term.polarity for term in sources.terms}
    reverses = {template.name: template.reverses for template in sources.templates}
    for row in rows:
        if row["kind"] != "literal":
            same = row["label"] == polarity[row["term"]]
            assert same != reverses[row["template"]], row


def test_form_alone_gives_no_label_away(sources, rows):
    """Length, capitals, stretched letters and hashtags are as frequent under both labels."""
    emoji = {term.term for term in sources.terms if term.part_of_speech == "emoji"}
    forms = {
        "long": lambda text: len(text) > 90,
        "lower case": str.islower,
        "shouted": str.isupper,
        "stretched": lambda text: re.search(r"([aeiou])\1\1", text.lower()),
        "tagged": lambda text: "#" in text,
        "intensified": lambda text: "😭" in text or "💀" in text,
    }
    for name, has in forms.items():
        counts = Counter(
            row["label"] for row in rows if row["term"] not in emoji and has(row["text"])
        )
        assert 0.7 < counts["positive"] / counts["negative"] < 1.4, name
        assert sum(counts.values()) > 40, name


def test_remarks_come_in_many_registers():
    chance = random.Random(0)
    written = {
        write_in_some_register("So good, honestly.", "Saw it", "ngl", chance, keeps_form=False)
        for _ in range(300)
    }
    for wanted in ("so good, honestly.", "so good honestly", "SO GOOD, HONESTLY."):
        assert wanted in written
    assert any(text.startswith("Saw it") for text in written)
    assert any(text.endswith(" ngl") for text in written)
    assert any(re.search("So{3,} good", text) for text in written)


def test_where_form_is_the_message_it_stays():
    chance = random.Random(0)
    for _ in range(100):
        written = write_in_some_register("a 'GREAT' film.", "Saw it", "ngl", chance, True)
        assert "a 'GREAT' film." in written


def test_hashtags_and_sentences():
    assert as_hashtag("chef's kiss") == "#ChefsKiss"
    assert sentence_case("mid. so mid! ok? yes") == "Mid. So mid! Ok? Yes"


def test_held_out_names_are_those_of_the_splits():
    assert set(SPLITS) == {"seen", *HELD_OUT}
