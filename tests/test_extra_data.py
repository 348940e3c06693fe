"""Further reviews: feedback as the Space keeps it, and rows with a label, for training alone."""

import json
import re
from dataclasses import replace

import pytest

from reeltalk.config import ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.extra_data import describe_extra, read_extra
from reeltalk.model_card import CardLinks, render_card
from reeltalk.sources import Hub, Source, choose_extra_data
from reeltalk.splits import read_splits
from reeltalk.stages import train_modern, train_standard
from tests.conftest import NO_HUB, REPOSITORY, augment_config, run_script, tiny_config
from tests.test_sources import FakeHub, point_to
from tests.tiny import easy_reviews

REPO = "alice/reeltalk-feedback"


def answer(text, label, right):
    """One line of the Space's feedback; without the text if that is None."""
    row = {"time": 1.5, "level": "modern", "model": "m", "revision": "r", "label": label}
    row |= {"probabilities": {"NEGATIVE": 0.5, "POSITIVE": 0.5}, "right": right}
    return row | ({} if text is None else {"text": text})


def write(file, rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def read(place):
    return read_extra(Source("path", str(place)))


def test_the_label_is_what_the_visitor_says(tmp_path):
    rows = [
        answer("a", "POSITIVE", True),
        answer("b", "POSITIVE", False),
        answer("c", "NEGATIVE", True),
        answer("d", "NEGATIVE", False),
    ]
    reviews = read(write(tmp_path / "feedback-1.jsonl", rows)).reviews
    assert (reviews.texts, reviews.labels) == (["a", "b", "c", "d"], [1, 0, 0, 1])


def test_what_the_space_writes_is_read(tmp_path, monkeypatch):
    pytest.importorskip("gradio")
    monkeypatch.syspath_prepend(REPOSITORY / "deployment")
    from feedback import FeedbackFile
    from page.feedback_row import _keep

    kept = FeedbackFile(tmp_path)
    about = {"label": "POSITIVE", "probabilities": {"POSITIVE": 0.9}, "text": "not my thing \ud83d"}
    _keep(kept, dict(about), True, False)
    _keep(kept, dict(about), False, True)
    extra = read(tmp_path)
    assert (extra.reviews.labels, extra.rows, extra.without_text) == ([0], 2, 1)


def test_rows_without_text_are_skipped_and_repeats_count_once(tmp_path):
    rows = [answer(None, "POSITIVE", True), answer("  ", "POSITIVE", True)]
    rows += [answer("a", "POSITIVE", True)] * 3 + [answer("a", "POSITIVE", False)]
    extra = read(write(tmp_path / "f.jsonl", rows))
    assert extra.reviews.labels == [1, 0]
    assert (extra.rows, extra.without_text, extra.repeated) == (6, 2, 2)
    assert "1 of 6 rows" in describe_extra(extra, 1)


def test_ordinary_files_and_feedback_may_share_a_folder(tmp_path):
    write(tmp_path / "feedback-1.jsonl", [answer("a", "POSITIVE", False)])
    (tmp_path / "more.csv").write_text("text,label\nb,positive\nc,0\n")
    reviews = read(tmp_path).reviews
    assert (reviews.texts, reviews.labels) == (["a", "b", "c"], [0, 1, 0])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("f.jsonl", "", "no row with a text among 0"),
        ("f.jsonl", json.dumps(answer(None, "POSITIVE", True)), "no row with a text among 1"),
        ("f.jsonl", json.dumps(answer("a", "MAYBE", True)), "row 1: label 'MAYBE' is unknown"),
        ("f.jsonl", '{"text": "a"}', "row 1: neither the Space's feedback nor"),
        ("f.jsonl", '{"text": ', "line 1: no JSON"),
        ("f.csv", "text,stars\na,5\n", "found text, stars"),
        ("f.csv", "text,label\na,1\nb,7\n", "row 2: label '7' is unknown; use 0/1"),
        ("f.docx", "a", "format '.docx' is unknown"),
    ],
)
def test_what_cannot_be_learnt_is_one_line(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(ReelTalkError, match=re.escape(said)) as error:
        read(tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_folder_with_no_file_is_one_line(tmp_path):
    with pytest.raises(ReelTalkError, match="no file of reviews here"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["./nowhere", "no.jsonl", "a/b/c"])
def test_a_place_that_is_not_there_names_the_flag(name):
    with pytest.raises(ReelTalkError, match="--extra-data .*there is no such file or folder"):
        choose_extra_data(name, FakeHub(True))


def test_without_the_hub_its_dataset_is_refused(monkeypatch):
    point_to(monkeypatch, NO_HUB)
    with pytest.raises(ReelTalkError, match=f"--extra-data {REPO}: .*does not answer"):
        choose_extra_data(REPO, Hub())


def test_a_private_dataset_is_read_with_the_token(hub, monkeypatch, tmp_path):
    write(tmp_path / "data" / "feedback-1.jsonl", [answer("a", "POSITIVE", False)])
    repo = hub.add_folder("datasets", REPO, tmp_path, private=True)
    source = choose_extra_data(REPO, Hub())
    with pytest.raises(ReelTalkError, match="is private and HF_TOKEN may not read it"):
        read_extra(source)
    monkeypatch.setenv("HF_TOKEN", "hf_test_read_alice")
    extra = read_extra(source)
    assert (extra.reviews.texts, extra.revision) == (["a"], repo.sha)


def test_a_dataset_in_which_nothing_was_said_yet_is_one_line(hub, monkeypatch):
    hub.create("datasets", "alice/empty", private=True)
    monkeypatch.setenv("HF_TOKEN", "hf_test_read_alice")
    with pytest.raises(ReelTalkError, match="--extra-data alice/empty: the dataset holds no file"):
        read_extra(choose_extra_data("alice/empty", Hub()))


def test_training_learns_it_and_measures_on_the_same_reviews(
    tmp_path, tiny_base, easy_file, tiny_model, capsys
):
    held = read_splits(Source("path", str(easy_file)), ReviewSource())
    said = [text for text, _ in easy_reviews(400)[300:340]]
    said[0] += " \ud83d"  # half of an emoji, as browsers can send
    copies = [held.test.texts[0].upper(), held.validation.texts[0] + "!"]
    rows = [answer(text, "POSITIVE", False) for text in [*said, *copies]]
    file = write(tmp_path / "f.jsonl", [*rows, answer(None, "POSITIVE", True)])
    config = tiny_config(tiny_base, easy_file, tmp_path / "standard", epochs=1)
    train_standard(replace(config, extra_data=str(file)))
    run = json.loads((tmp_path / "standard" / "run.json").read_text())
    before = json.loads((tiny_model / "run.json").read_text())
    assert run["reviews"]["sha256"] == before["reviews"]["sha256"]
    assert run["reviews"]["duplicates_dropped"]["extra"] == 2
    assert run["extra_data"]["learned"] == 40
    assert run["extra_data"]["without_text"] == 1
    assert run["learned"]["rows"] == before["learned"]["rows"] + 40
    out = capsys.readouterr().out
    assert "extra data: 40 of 43 rows" in out and "2 in validation or test" in out
    assert f"plan: {run['learned']['rows']:,} training reviews" in out
    card = render_card(tmp_path / "standard", CardLinks("alice/film"))
    assert "(40 of them visitors' feedback or other extra data)" in card
    train_modern(augment_config(tmp_path / "standard", tmp_path / "modern", slang_rows=40))


def test_reviews_of_the_test_that_a_subset_leaves_out_are_not_learnt_either(tmp_path, easy_file):
    source = Source("path", str(easy_file))
    test = read_splits(source, ReviewSource()).test
    parts = read_splits(source, ReviewSource(subset=20), test)
    assert len(parts.test) == 20 < len(test)
    assert len(parts.extra) == 0 and parts.dropped["extra"] == len(test)


def test_the_command_says_a_mistake_in_one_line(tmp_path, easy_file):
    (tmp_path / "f.jsonl").write_text("")
    done = run_script(
        "train_model.py", "--dataset", easy_file, "--base", "bundled",
        "--extra-data", tmp_path / "f.jsonl", "--output-dir", tmp_path / "model",
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: --extra-data") and not (tmp_path / "model").exists()
