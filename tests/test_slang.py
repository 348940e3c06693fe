import collections
from dataclasses import replace

import pytest

from reeltalk.config import SlangConfig
from reeltalk.errors import ReelTalkError
from reeltalk.slang import SPLITS, build_slang, generate, read_slang, read_terms
from reeltalk.tables import read_rows
from tests.conftest import REPOSITORY

CONFIG = SlangConfig(
    "check",
    terms_file=REPOSITORY / "data" / "slang_terms.csv",
    slang_file=REPOSITORY / "data" / "slang.csv",
)


@pytest.fixture(scope="module")
def rows():
    return list(read_rows(CONFIG.slang_file))


def test_the_committed_set_is_what_the_terms_build(tmp_path, rows):
    built = replace(CONFIG, action="build", slang_file=tmp_path / "slang.csv")
    build_slang(built)
    assert (tmp_path / "slang.csv").read_bytes() == CONFIG.slang_file.read_bytes()
    assert len(rows) > 500


def test_another_seed_builds_another_set(rows):
    assert generate(read_terms(CONFIG.terms_file), seed=1) != rows


def test_no_row_comes_twice(rows):
    assert len({row["text"] for row in rows}) == len(rows)


def test_labels_are_balanced_within_each_kind_and_split(rows):
    counts = collections.Counter((row["kind"], row["split"], row["label"]) for row in rows)
    for kind, split, _ in counts:
        assert counts[kind, split, "positive"] == counts[kind, split, "negative"]


def test_held_out_terms_and_templates_are_never_learnt_from(rows):
    def values(column, *splits):
        return {row[column] for row in rows if row["split"] in splits}

    assert not values("term", "seen", "unseen-template") & values(
        "term", "unseen-term", "unseen-both"
    )
    held, learnt = ("unseen-template", "unseen-both"), ("seen", "unseen-term")
    assert not values("template", *held) & values("template", *learnt)
    assert {row["split"] for row in rows} == set(SPLITS)


def test_every_template_serves_both_labels(rows):
    labels = collections.defaultdict(set)
    for row in rows:
        labels[row["template"]].add(row["label"])
    assert {len(both) for both in labels.values()} == {2}


def test_a_negated_term_has_the_other_label(rows):
    polarity = {term.term: term.polarity for term in read_terms(CONFIG.terms_file)}
    for row in rows:
        assert (row["label"] == polarity[row["term"]]) == (row["kind"] == "plain")


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        (
            "slang_terms.csv",
            "fire,great,adjective,x,strong,",
            "line 3: polarity 'great' is unknown",
        ),
        ("slang_terms.csv", "fire,positive,gerund,x,strong,", "part_of_speech 'gerund' is unknown"),
        ("slang_terms.csv", "mid,negative,adjective,x,mild,", "line 3: term 'mid' is there twice"),
        ("slang.csv", "hi,good,mid,t,plain,seen", "line 3: label 'good' is unknown"),
        ("slang.csv", "hi,negative,mid,t,plain,held", "line 3: split 'held' is unknown"),
        ("slang.csv", "so mid,negative,mid,t,plain,seen", "line 3: the text of line 2 again"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_line_and_value(tmp_path, file, line, message):
    first = {
        "slang_terms.csv": "mid,negative,adjective,x,mild,",
        "slang.csv": "so mid,negative,mid,t,plain,seen",
    }[file]
    header = (REPOSITORY / "data" / file).read_text().partition("\n")[0]
    (tmp_path / file).write_text("\n".join([header.strip(), first, line]) + "\n")
    read = read_terms if "terms" in file else read_slang
    with pytest.raises(ReelTalkError, match=f"{file}, {message}" if "line" in message else message):
        read(tmp_path / file)


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "slang.csv").write_text("text,label\nhi,negative\n")
    with pytest.raises(ReelTalkError, match="columns term, template, kind, split are missing"):
        read_slang(tmp_path / "slang.csv")
