"""Feedback: text only where it was allowed, on disk at once, and on the Hub whole and once."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.conftest import NO_HUB
from tests.deployment.conftest import DEPLOYMENT
from tests.hub import Fault
from tests.hub.space_host import free_port

REPO = "alice/reeltalk-feedback"
ALICE = "hf_test_write_alice"

# The Space's own server, signals and files; in place of the page, a button that keeps an answer.
SERVER = """
import os, sys
from pathlib import Path
from fastapi import FastAPI
from feedback import FeedbackFile
from reeltalk_inference.ladder import Ladder
from reeltalk_inference.loading import load_words
from serving import make_app, serve

def build_page(ladder, feedback, rate_limit):
    page = FastAPI()
    page.post("/keep/{text}")(lambda text: [feedback.keep({"text": text}), feedback.goes_to])
    return page

ladder = Ladder(load_words(Path("word_model.json")), [])
feedback = FeedbackFile.from_settings(os.environ)
serve(make_app(ladder, feedback, build_page), int(sys.argv[1]), feedback.hurry)
"""


class Server:
    """The Space's server in a process of its own."""

    def __init__(self, folder, **settings):
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        settings = {
            "FEEDBACK_DIR": str(folder),
            "FEEDBACK_REPO": REPO,
            "HF_TOKEN": ALICE,
        } | settings
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(port)], cwd=DEPLOYMENT, env=os.environ | settings
        )

    def keep(self, text):
        """Give whether the answer was kept, and where it is said to go."""
        until(lambda: b"404" in self.fetch("/nothing"))
        return json.loads(self.fetch(f"/keep/{text}", method="POST"))

    def fetch(self, path, method="GET"):
        request = urllib.request.Request(self.url + path, method=method)
        try:
            return urllib.request.urlopen(request, timeout=10).read()
        except urllib.error.HTTPError as error:
            return str(error.code).encode()
        except (urllib.error.URLError, ConnectionError) as error:
            assert self.process.poll() is None
            return repr(error).encode()

    def end(self, how):
        """Send a signal; give the seconds until the process is gone."""
        self.process.send_signal(how)
        begun = time.monotonic()
        self.process.wait(30)
        return time.monotonic() - begun

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(10)


def until(is_so, most_s=60):
    end = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def on_the_hub(hub):
    """The answers in the dataset, by file."""
    with hub.lock:
        repo = hub.repos.get(("datasets", REPO))
        paths = [file.path for file in repo.files(repo.sha)] if repo else []
        files = {path: hub.read_file("datasets", REPO, path) for path in paths}
    return {
        path: [json.loads(line) for line in content.splitlines()]
        for path, content in files.items()
        if path.startswith("data/")
    }


def texts_on_the_hub(hub):
    return [answer["text"] for answers in on_the_hub(hub).values() for answer in answers]


def commits(hub):
    return [line for line in hub.log if "/commit/" in line]


@pytest.fixture
def start(tmp_path, hub):
    """Start uploads that go round every 50 ms; they end with the test."""
    started = []

    def start(folder=tmp_path, token=ALICE, repo_id=REPO, every_s=0.05):
        from feedback import FeedbackFile
        from feedback_upload import FeedbackUpload

        kept = FeedbackFile(folder, FeedbackUpload(repo_id, token, every_s))
        kept.start()
        started.append(kept)
        return kept

    yield start
    for kept in started:
        kept.stop()


def test_text_is_kept_only_where_it_was_allowed(tmp_path):
    pytest.importorskip("gradio")
    from feedback import FeedbackFile
    from page.feedback_row import _keep

    kept = FeedbackFile(tmp_path)
    about = {"label": "POSITIVE", "text": "my own words"}
    assert "kept in this Space, without your text" in _keep(kept, dict(about), False, True)[0]
    (file,) = tmp_path.iterdir()
    assert "my own words" not in file.read_text()
    assert "kept in this Space, with your text" in _keep(kept, dict(about), True, False)[0]
    assert "my own words" in file.read_text()


def test_what_cannot_be_written_is_not_called_kept(tmp_path):
    pytest.importorskip("gradio")
    from feedback import FeedbackFile
    from page.feedback_row import _keep

    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    said, _ = _keep(FeedbackFile(blocked / "folder"), {"text": "x"}, False, True)
    assert "cannot be kept" in said


def test_text_that_was_not_allowed_never_gets_to_the_hub(hub, start):
    pytest.importorskip("gradio")
    from page.feedback_row import _keep

    kept = start()
    _keep(kept, {"label": "POSITIVE", "text": "my own words"}, False, True)
    _keep(kept, {"label": "POSITIVE", "text": "take these"}, True, True)
    until(lambda: len([row for rows in on_the_hub(hub).values() for row in rows]) == 2)
    ((first, second),) = on_the_hub(hub).values()
    assert "text" not in first and second["text"] == "take these"


def test_the_page_says_where_answers_go_and_no_more(hub, tmp_path, start):
    pytest.importorskip("gradio")
    from feedback import FeedbackFile
    from page.about_tab import render_about
    from page.feedback_row import _keep
    from reeltalk_inference.ladder import Ladder
    from reeltalk_inference.loading import load_words

    ladder = Ladder(load_words(DEPLOYMENT / "word_model.json"), [])

    def said(kept):
        return _keep(kept, {"label": "POSITIVE", "text": ""}, False, True)[0] + render_about(
            ladder, kept
        )

    assert "dataset" not in said(FeedbackFile(tmp_path / "here"))
    hub.faults.append(Fault("reeltalk-feedback", status=503))
    kept = start(tmp_path / "there", every_s=600)
    until(lambda: not hub.faults[0].times)
    assert "goes to a private dataset" in said(kept)
    kept.hurry()
    until(lambda: kept.goes_to == "hub")
    assert "Hub, which those who run this Space can read" in said(kept)


@pytest.mark.parametrize(
    ("token", "repo_id"),
    [("hf_test_read_alice", REPO), (ALICE, "bob/theirs"), ("hf_test_nobody", REPO), (ALICE, "a b")],
)
def test_who_may_not_write_keeps_answers_here_and_says_so(hub, start, caplog, token, repo_id):
    kept = start(token=token, repo_id=repo_id)
    until(lambda: "feedback stays here for now" in caplog.text)
    assert kept.keep({"text": "x"}) and kept.goes_to == "here"
    assert token not in caplog.text
    assert on_the_hub(hub) == {} and len(caplog.records) == 1


def test_a_public_dataset_gets_nothing(hub, start, caplog):
    hub.create("datasets", REPO, private=False)
    kept = start()
    kept.keep({"text": "x"})
    until(lambda: "is public" in caplog.text)
    assert kept.goes_to == "here" and on_the_hub(hub) == {}


def test_a_dataset_that_is_made_public_gets_nothing_more(hub, start, caplog):
    kept = start()
    kept.keep({"text": "one"})
    until(lambda: texts_on_the_hub(hub) == ["one"])
    hub.repos["datasets", REPO].private = False
    kept.keep({"text": "two"})
    until(lambda: kept.goes_to == "here")
    assert "is public" in caplog.text and texts_on_the_hub(hub) == ["one"]


def test_without_a_token_nothing_is_asked(hub, tmp_path, caplog):
    from feedback import FeedbackFile

    settings = {"FEEDBACK_DIR": str(tmp_path), "FEEDBACK_REPO": REPO}
    kept = FeedbackFile.from_settings(settings)
    kept.start()
    assert kept.keep({"text": "x"}) and kept.goes_to == "here"
    kept.stop()
    assert hub.log == [] and "HF_TOKEN is not" in caplog.text


def test_answers_go_to_a_private_dataset_that_is_made_for_them(hub, tmp_path, start):
    kept = start()
    for text in ("one", "two"):
        kept.keep({"text": text})
    until(lambda: texts_on_the_hub(hub) == ["one", "two"])
    assert hub.repos["datasets", REPO].private
    (path,) = on_the_hub(hub)
    (file,) = tmp_path.iterdir()
    assert path == f"data/{file.name}"


def test_what_was_sent_is_not_sent_again(hub, tmp_path, start):
    kept = start()
    kept.keep({"text": "one"})
    until(lambda: texts_on_the_hub(hub) == ["one"])
    asked = len(hub.log)
    time.sleep(0.3)
    assert len(hub.log) == asked
    kept.keep({"text": "two"})
    until(lambda: texts_on_the_hub(hub) == ["one", "two"])
    kept.stop()
    assert len(commits(hub)) == 2


def test_after_a_restart_the_files_of_before_are_known_to_the_hub(hub, start):
    before = start()
    before.keep({"text": "one"})
    before.stop()
    assert texts_on_the_hub(hub) == ["one"]
    again = start()
    until(lambda: again.goes_to == "hub")
    again.keep({"text": "two"})
    until(lambda: sorted(texts_on_the_hub(hub)) == ["one", "two"])
    assert len(on_the_hub(hub)) == 2 and len(commits(hub)) == 2


def test_a_hub_that_was_away_gets_everything_once_it_is_back(hub, start, fast_retries):
    hub.faults.append(Fault("", kind="reset", times=20))
    kept = start()
    assert kept.keep({"text": "one"})
    until(lambda: hub.faults[0].times < 15)
    assert kept.keep({"text": "two"})
    until(lambda: texts_on_the_hub(hub) == ["one", "two"])
    assert len(on_the_hub(hub)) == 1


@pytest.mark.parametrize("kind", ["status", "reset"])
def test_a_commit_whose_answer_was_lost_is_not_made_twice(hub, start, kind):
    hub.faults.append(Fault("/commit/", kind=kind, when="after"))
    kept = start()
    kept.keep({"text": "one"})
    until(lambda: kept.goes_to == "hub" and texts_on_the_hub(hub))
    kept.stop()
    assert texts_on_the_hub(hub) == ["one"] and len(commits(hub)) == 1


def test_two_spaces_of_one_dataset_lose_nothing(hub, tmp_path, start):
    spaces = [start(tmp_path / name) for name in ("first", "second")]
    for number in range(10):
        for place, kept in enumerate(spaces):
            kept.keep({"text": f"{place}-{number}"})
        time.sleep(0.03)
    until(lambda: len(texts_on_the_hub(hub)) == 20)
    assert len(set(texts_on_the_hub(hub))) == 20


def test_a_line_that_is_half_on_disk_waits_and_one_that_failed_leaves_nothing(
    tmp_path, monkeypatch
):
    import feedback

    kept = feedback.FeedbackFile(tmp_path)
    assert kept.keep({"text": "one"})
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(feedback.os, "fsync", full)
    assert not kept.keep({"text": "two"})
    assert file.read_bytes() == before
    file.write_bytes(before + b'{"text": "ha')
    assert kept.unsent({}) == {file.name: before}
    assert kept.unsent({file.name: len(before)}) == {}


def test_each_day_has_a_file_and_only_past_ones_that_were_sent_go(tmp_path):
    from feedback import FeedbackFile

    kept = FeedbackFile(tmp_path)
    old = tmp_path / "feedback-20200101T000000Z-00000000.jsonl"
    unsent = tmp_path / "feedback-20200102T000000Z-00000000.jsonl"
    for file in (old, unsent):
        file.write_text('{"text": "x"}\n')
    kept.keep({"text": "one"})
    (today,) = set(tmp_path.iterdir()) - {old, unsent}
    kept._file = old
    kept.keep({"text": "two"})
    assert len(list(tmp_path.iterdir())) == 4
    kept.forget({file.name: file.stat().st_size for file in tmp_path.iterdir() if file != unsent})
    assert not old.exists() and unsent.exists() and today.exists()


def test_sigterm_sends_what_was_just_said(hub, tmp_path):
    with Server(tmp_path) as server:
        assert server.keep("one")[0]
        until(lambda: server.keep("two")[1] == "hub")
        count = len("".join(file.read_text() for file in tmp_path.iterdir()).splitlines())
        server.end(signal.SIGTERM)
    assert len(texts_on_the_hub(hub)) == count
    assert set(texts_on_the_hub(hub)) == {"one", "two"}


def test_a_hub_that_hangs_delays_the_end_by_seconds_and_the_answer_stays(hub, tmp_path):
    with Server(tmp_path) as server:
        until(lambda: server.keep("one")[1] == "hub")
        hub.faults.append(Fault("", kind="delay", delay_s=15, times=9))
        server.keep("last")
        assert server.end(signal.SIGTERM) < 12
    assert "last" in "".join(file.read_text() for file in tmp_path.iterdir())


def test_a_kill_loses_nothing_and_the_next_start_sends_it(hub, tmp_path):
    with Server(tmp_path, HF_ENDPOINT=NO_HUB) as server:
        assert server.keep("one") == [True, "soon"]
        server.end(signal.SIGKILL)
    assert hub.log == []
    with Server(tmp_path):
        until(lambda: texts_on_the_hub(hub) == ["one"])


def test_the_readme_of_the_space_names_every_setting():
    text = (DEPLOYMENT / "README.md").read_text(encoding="utf-8")
    for setting in ("FEEDBACK_DIR", "FEEDBACK_REPO", "HF_TOKEN"):
        assert f"`{setting}`" in text
