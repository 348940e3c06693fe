"""After a release: where it stands, whether it is whole, and the way back."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from reeltalk_inference import Predictor

from reeltalk.config import HubAccess, PublishConfig, UploadModelConfig, UploadSpaceConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub import print_status, publish_all, publish_models, publish_space, rollback, verify
from reeltalk.hub.receipts import read_receipts
from tests.hub import Fault
from tests.publishing.conftest import change_card, everything, state_of

pytestmark = pytest.mark.usefixtures("clock", "project", "alice")

MODERN = Path("models/modern")


def care(action, **flags):
    limits = HubAccess(timeout_s=5.0, patience_s=300.0, **flags)
    return PublishConfig(action, no_wait=True, access=limits)


@pytest.fixture
def app(hub):
    """An app that answers as the Space's API does, with the model that it is wired to."""
    answers = SpaceApp()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(answers.health(hub))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(answers.predict(body["texts"]))

        def reply(self, content):
            answers.seen.append(self.headers.get("Authorization", ""))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    hub.space("alice/reeltalk").host = f"http://127.0.0.1:{server.server_port}"
    yield answers
    server.shutdown()


class SpaceApp:
    """The answers of a Space; `shift` moves its probabilities."""

    def __init__(self):
        self.shift, self.seen, self.folder = 0.0, [], MODERN

    def health(self, hub):
        pinned = hub.space("alice/reeltalk").variables["MODERN_MODEL"]["value"]
        model, _, revision = pinned.partition("@")
        return {"status": "ok", "level": "modern", "model": model, "revision": revision}

    def predict(self, texts):
        verdicts = Predictor.from_folder(self.folder).predict(texts)
        return {"verdicts": [self.worded(verdict) for verdict in verdicts]}

    def worded(self, verdict):
        moved = {
            label: probability + (self.shift if label == "POSITIVE" else -self.shift)
            for label, probability in verdict.probabilities.items()
        }
        return {"label": max(moved, key=moved.get, default=None), "probabilities": moved}


def test_the_space_s_answers_are_held_against_the_local_model(hub, app, monkeypatch, capsys):
    monkeypatch.setenv("SPACE_TOKEN", "hf_test_read_alice")
    publish_all(everything(no_wait=False))
    said = capsys.readouterr().out
    count = len(Path("data/edge_cases.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert f"the Space answers {count} edge cases as models/modern does" in said
    assert said.index("BUILDING") < said.index("APP_STARTING") < said.index("RUNNING")
    assert app.seen[0] == "Bearer hf_test_write_alice"  # a private Space wants to see it


def test_a_public_space_is_never_sent_the_token(hub, app):
    publish_all(everything(no_wait=False, public=True))
    assert app.seen
    assert set(app.seen) == {""}


def test_a_space_that_says_something_else_is_an_error(hub, app, monkeypatch):
    monkeypatch.setenv("SPACE_TOKEN", "hf_test_read_alice")
    app.shift = 0.2
    with pytest.raises(ReelTalkError, match="is it wired to these weights"):
        publish_all(everything(no_wait=False))


def test_without_a_token_of_its_own_a_private_space_is_not_asked(hub, app, capsys):
    publish_all(everything(no_wait=False))
    said = capsys.readouterr().out
    assert "alice/reeltalk-modern is private, and the Space has no token to read it with" in said
    assert app.seen == []


def test_verify_finds_everything_as_published(hub, app, capsys):
    publish_all(everything(public=True))
    verify(care("verify"))
    said = capsys.readouterr().out
    assert "alice/reeltalk-modern@" in said
    assert "9 files as published" in said
    assert "edge cases as models/modern does" in said


@pytest.mark.parametrize("path", ["config.json", "onnx/model.onnx"])
def test_verify_finds_a_file_that_someone_changed(hub, path, project):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-modern"]
    content = b"{}" if path == "config.json" else hub.lfs.add(repo.key, b"x").encode()
    repo.commit({path: content}, "by hand", "alice")
    with pytest.raises(ReelTalkError, match="moved on"):
        verify(care("verify"))
    receipts = project / "models" / "modern" / "published.json"
    entries = json.loads(receipts.read_text())
    entries["receipts"][0]["revision"] = repo.sha
    receipts.write_text(json.dumps(entries))
    with pytest.raises(ReelTalkError, match=f"{path} is not what was published"):
        verify(care("verify"))


def test_verify_finds_variables_that_someone_changed(hub, app):
    publish_all(everything(public=True))
    hub.space("alice/reeltalk").variables["MODERN_MODEL"]["value"] = "alice/other@main"
    with pytest.raises(ReelTalkError, match="alice/other@main"):
        verify(care("verify"))


def test_status_says_where_each_repo_stands(hub, capsys):
    publish_all(everything())
    repo = hub.repos["models", "alice/reeltalk-standard"]
    repo.commit({"a.txt": b"a"}, "by hand", "alice")
    print_status(care("status"))
    said = capsys.readouterr().out
    assert "alice/reeltalk-modern" in said
    assert "as published, private" in said
    assert f"moved on to {repo.sha[:8]}" in said
    assert "it is BUILDING" in said


@pytest.mark.parametrize("public", [True, False])
def test_rollback_puts_models_and_space_back_together(hub, public):
    publish_all(everything(public=public))
    first, settings = state_of(hub), variables_of(hub)
    uploaded = hub.uploaded_bytes
    change_card("modern")
    publish_all(everything(public=public))
    assert state_of(hub) != first
    rollback(care("rollback"))
    assert state_of(hub) == first
    now = variables_of(hub)
    assert now["STANDARD_MODEL"] == settings["STANDARD_MODEL"]
    assert now["MODERN_MODEL"] == settings["MODERN_MODEL"]
    assert hub.uploaded_bytes == uploaded
    assert read_receipts(MODERN / "published.json")[0].tag == "r1"


def variables_of(hub, space="alice/reeltalk"):
    return {key: one["value"] for key, one in hub.space(space).variables.items()}


def test_a_second_rollback_goes_one_release_further_back(hub):
    publish_all(everything())
    first = state_of(hub)
    for _ in range(2):
        change_card("modern")
        publish_all(everything())
    rollback(care("rollback"))
    assert state_of(hub) != first
    rollback(care("rollback"))
    assert state_of(hub) == first
    with pytest.raises(ReelTalkError, match="nothing was published before"):
        rollback(care("rollback"))


@pytest.mark.parametrize("finished", [True, False])
def test_rollback_undoes_all_of_a_release_that_was_interrupted(hub, finished):
    publish_all(everything())
    first = state_of(hub)
    change_card("standard")
    change_card("modern")
    with interrupted_at(hub, "reeltalk-modern/commit"):
        publish_all(everything())
    if finished:
        publish_all(everything())
    assert state_of(hub) != first
    rollback(care("rollback"))
    assert state_of(hub) == first


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupted_rollback_is_finished_by_the_same_command(hub, when):
    publish_all(everything())
    first = state_of(hub)
    change_card("standard")
    change_card("modern")
    publish_all(everything())
    with interrupted_at(hub, "reeltalk-modern/commit", when):
        rollback(care("rollback"))
    rollback(care("rollback"))
    assert state_of(hub) == first


@contextmanager
def interrupted_at(hub, path, when="before"):
    """From a request on, the Hub is away for longer than anyone waits."""
    hub.faults.append(GoneFrom(path, when=when))
    with pytest.raises(ReelTalkError):
        yield
    hub.faults.clear()


class GoneFrom(Fault):
    """Drops the connection at the first request of its path, and at every later one of any."""

    def __init__(self, path, when):
        super().__init__(path, "reset", when=when, times=100_000)

    def spoil(self, respond):
        dropped = super().spoil(respond)
        self.path, self.when = ".*", "before"
        return dropped


def test_verify_and_rollback_know_the_feedback_s_dataset(hub, app):
    publish_all(everything(public=True))
    change_card("modern")
    publish_all(everything(public=True, feedback=True))
    verify(care("verify"))
    variables = hub.space("alice/reeltalk").variables
    assert variables.pop("FEEDBACK_REPO")["value"] == "alice/reeltalk-feedback"
    with pytest.raises(ReelTalkError, match="FEEDBACK_REPO"):
        verify(care("verify"))
    variables["FEEDBACK_REPO"] = {"key": "FEEDBACK_REPO", "value": "alice/reeltalk-feedback"}
    rollback(care("rollback"))
    assert "FEEDBACK_REPO" not in hub.space("alice/reeltalk").variables


def test_rollback_leaves_what_the_newest_release_did_not_touch(hub):
    publish_all(everything(public=True))
    standard = hub.repos["models", "alice/reeltalk-standard"].sha
    change_card("modern")
    publish_all(everything(public=True))
    rollback(care("rollback"))
    assert hub.repos["models", "alice/reeltalk-standard"].sha == standard


def test_a_release_under_another_owner_can_be_undone_and_published_again(hub):
    publish_all(everything())
    first, settings = state_of(hub), variables_of(hub)
    for _ in range(2):
        publish_all(everything(namespace="reel-team"))
        change_card("modern")
    theirs = variables_of(hub, "reel-team/reeltalk")
    both = state_of(hub)
    rollback(care("rollback"))
    assert {repo_id: state_of(hub)[repo_id] for repo_id in first} == first
    assert variables_of(hub) == settings
    restored = variables_of(hub, "reel-team/reeltalk")
    assert restored != theirs
    assert all(value.startswith("reel-team/") for value in restored.values())
    assert state_of(hub) != both
    rollback(care("rollback"))
    assert variables_of(hub) == settings
    assert read_receipts(MODERN / "published.json")[0].repo_id == "alice/reeltalk-modern"


def test_rollback_names_a_repo_whose_receipt_is_lost(hub):
    publish_models(UploadModelConfig())
    change_card("modern")
    publish_models(UploadModelConfig())
    before = state_of(hub)
    Path("models/standard/published.json").unlink()
    with pytest.raises(
        ReelTalkError, match=r"alice/reeltalk-standard: models/releases\.json names it"
    ):
        rollback(care("rollback"))
    assert state_of(hub) == before


def test_rollback_goes_on_behind_a_release_that_made_a_repo(hub, capsys):
    publish_models(UploadModelConfig())
    first = state_of(hub)
    change_card("modern")
    publish_models(UploadModelConfig())
    second = state_of(hub)
    publish_space(UploadSpaceConfig(no_wait=True, access=care("rollback").access))
    rollback(care("rollback"))
    assert {repo_id: state_of(hub)[repo_id] for repo_id in second} == second
    rollback(care("rollback"))
    assert {repo_id: state_of(hub)[repo_id] for repo_id in first} == first
    with pytest.raises(ReelTalkError, match="nothing was published before"):
        rollback(care("rollback"))


def test_rollback_makes_no_empty_repo_where_one_was_deleted(hub):
    publish_models(UploadModelConfig())
    change_card("modern")
    publish_models(UploadModelConfig())
    log = Path("models/releases.json").read_text()
    hub.remove(hub.repos["models", "alice/reeltalk-modern"])
    before = state_of(hub)
    with pytest.raises(ReelTalkError, match="alice/reeltalk-modern: the Hub has it no more"):
        rollback(care("rollback"))
    assert state_of(hub) == before
    assert Path("models/releases.json").read_text() == log


def test_a_release_log_of_another_version_is_named_before_anything_is_written(hub):
    entry = {"tag": "r1", "repos": [], "variables": {}}
    Path("models/releases.json").write_text(json.dumps({"releases": [entry]}))
    with pytest.raises(ReelTalkError, match=r"models/releases\.json is not .*'variables'.*move it"):
        publish_models(UploadModelConfig())
    assert state_of(hub) == {}


def test_there_is_nothing_before_the_first_release(hub):
    publish_models(UploadModelConfig())
    before = state_of(hub)
    with pytest.raises(ReelTalkError, match="nothing was published before"):
        rollback(care("rollback"))
    assert state_of(hub) == before


def test_rollback_does_not_run_over_someone_else_s_commit(hub):
    publish_models(UploadModelConfig())
    change_card("modern")
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-modern"]
    repo.commit({"theirs.txt": b"theirs"}, "theirs", "alice")
    with pytest.raises(ReelTalkError, match="moved on"):
        rollback(care("rollback"))
    assert repo.text(repo.sha, "theirs.txt") == "theirs"


def test_a_dry_rollback_shows_the_way_and_goes_nowhere(hub, capsys):
    publish_models(UploadModelConfig())
    change_card("modern")
    publish_models(UploadModelConfig())
    before = state_of(hub)
    rollback(care("rollback", dry_run=True))
    assert state_of(hub) == before
    assert "change  README.md" in capsys.readouterr().out


def test_the_receipts_outlive_the_model_that_was_published(hub, tiny_base, easy_file):
    from reeltalk.stages import train_standard
    from tests.conftest import tiny_config

    publish_models(UploadModelConfig())
    train_standard(tiny_config(tiny_base, easy_file, Path("models/standard"), epochs=1))
    assert read_receipts(Path("models/standard/published.json"))[0].tag == "r1"
