"""Whatever goes wrong at whichever request: the Hub holds the old state or the new one.

Tags, a Space's settings and the records kept here are those of a run in which nothing went wrong.

`python -m pytest tests/publishing/test_faults.py -m slow -s` spoils every request of a release.
"""

import itertools
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from reeltalk.config import HubAccess, UploadModelConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub import plan_upload, publish, publish_all, publish_models
from reeltalk.hub.connection import Connection
from reeltalk.hub.folder_check import check_model_folder
from reeltalk.hub.repo_files import LocalFile, read_remote
from tests.hub import Fault
from tests.hub.messages import Response, answer
from tests.publishing.conftest import ALICE, change_card, everything, state_of

pytestmark = pytest.mark.usefixtures("project", "alice")

PATIENT = HubAccess(timeout_s=5.0, patience_s=300.0)
FAULTS = {
    "the connection is lost": {"kind": "reset"},
    "503": {"kind": "status", "status": 503},
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "30"}},
    "half an answer": {"kind": "truncate"},
    "a wrong byte": {"kind": "corrupt"},
    "no answer in time": {"kind": "delay", "delay_s": 1.5},
}


BEGUN = ({".gitattributes"}, {".gitattributes", "README.md"})
"""The files of a repo that the Hub has just made: a model's or data set's, and a Space's."""


def start_again(hub, project):
    """Nothing was ever published."""
    hub.clear()
    for records in [*project.rglob("*published.json"), *project.rglob("releases.json")]:
        records.unlink()


def records_of(hub, project):
    """What a release leaves beside the files: tags, settings, receipts, log; no times.

    The newest commit of a repo goes by the repo's name, as it is another one in each run.
    """
    tags = {repo.key: repo.git.refs("tags/") for repo in hub.repos.values()}
    settings = {
        space: {
            "variables": {key: one["value"] for key, one in machine.variables.items()},
            "secrets": sorted(machine.secrets),
        }
        for space, machine in hub.spaces.items()
    }
    kept = {
        str(file.relative_to(project)): json.loads(file.read_text())
        for file in [*project.rglob("*published.json"), *project.rglob("releases.json")]
    }
    text = json.dumps([tags, settings, kept], sort_keys=True)
    for repo in hub.repos.values():
        text = text.replace(repo.sha, f"the head of {repo.key}")
    return json.loads(text, object_hook=without_time)


def without_time(entry):
    """An entry of a record apart from when it was written."""
    return {key: value for key, value in entry.items() if key != "time"}


def survive(hub, project, act, final, records):
    """Run `act` into the fault, look, and let it finish; tell whether the fault was met."""
    try:
        act()
    except ReelTalkError as error:
        assert "\n" not in str(error)
        assert ALICE not in str(error)
    met = any(fault.times <= 0 for fault in hub.faults)
    hub.faults.clear()
    for repo_id, files in state_of(hub).items():
        is_whole = files == final[repo_id] or set(files) in BEGUN
        assert is_whole, f"{repo_id} is between two states: {sorted(files)}"
    act()
    assert state_of(hub) == final
    assert records_of(hub, project) == records
    return met


def spoil_every_request(hub, project, act, how, when):
    """Publish from nothing, once for each request with that one spoilt; count those survived."""
    start_again(hub, project)
    act()
    final, records = state_of(hub), records_of(hub, project)
    for number in itertools.count():
        start_again(hub, project)
        hub.faults.append(Fault(**FAULTS[how], when=when, skip=number))
        if not survive(hub, project, act, final, records):
            return number
        assert all(count_commits(repo) == 2 for repo in hub.repos.values())


def count_commits(repo):
    return len(list(repo.git.history(repo.sha)))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["the connection is lost", "503"])
def test_a_commit_whose_answer_is_lost_is_made_once(hub, clock, how, when):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-standard"]
    before = count_commits(repo)
    change_card("standard")
    hub.faults.append(Fault("reeltalk-standard/commit/", **FAULTS[how], when=when))
    hub.log.clear()
    publish_models(UploadModelConfig())
    made = [line for line in hub.log if "reeltalk-standard/commit/" in line]
    assert len(made) == (2 if when == "before" else 1)
    assert count_commits(repo) == before + 1


@pytest.mark.parametrize("how", ["half an answer", "a wrong byte"])
def test_a_commit_whose_answer_cannot_be_read_is_made_once(hub, clock, how):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-standard"]
    before = count_commits(repo)
    change_card("standard")
    hub.faults.append(Fault("reeltalk-standard/commit/", **FAULTS[how]))
    publish_models(UploadModelConfig())
    assert hub.faults[0].times == 0
    assert count_commits(repo) == before + 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_every_request_of_a_model_s_release_may_lose_its_connection(
    hub, project, clock, capsys, when
):
    def act():
        publish_models(UploadModelConfig((Path("models/standard"),), access=PATIENT))

    count = spoil_every_request(hub, project, act, "the connection is lost", when)
    with capsys.disabled():
        print(f"\nsurvived: the connection is lost {when} each of {count} requests")
    assert count >= 12


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", FAULTS)
def test_every_request_of_a_whole_release_may_go_wrong(hub, project, clock, capsys, how, when):
    count = spoil_every_request(
        hub, project, lambda: publish_all(everything(timeout_s=1.0)), how, when
    )
    with capsys.disabled():
        print(f"\nsurvived: {how}, {when} each of {count} requests")
    assert count >= 45


def test_a_pause_that_the_hub_names_is_waited_out_and_counted(hub, clock, capsys):
    hub.faults.append(Fault("whoami", status=429, headers={"Retry-After": "42"}, times=2))
    publish_models(UploadModelConfig())
    assert clock.pauses == [43, 43]
    said = capsys.readouterr().err
    assert said.count("the Hub answers 429") == 2
    assert "trying again in 43 s" in said


def test_a_pause_longer_than_the_user_s_patience_ends_the_run(hub, clock):
    hub.faults.append(Fault("whoami", status=429, headers={"Retry-After": "3600"}, times=9))
    with pytest.raises(ReelTalkError, match="--patience-s 300"):
        publish_models(UploadModelConfig(access=PATIENT))
    assert clock.pauses == []


def test_a_hub_that_stays_away_ends_the_run(hub, clock):
    hub.faults.append(Fault("create$", "reset", times=10_000))
    with pytest.raises(ReelTalkError, match="gave up after"):
        publish_models(UploadModelConfig(access=PATIENT))
    assert sum(clock.pauses) <= 300


def test_another_creation_under_way_is_waited_for_and_not_asked_for_ever(hub, clock):
    class Busy(Fault):
        def spoil(self, respond):
            said = "Cannot create repo: another conflicting operation is in progress"
            return answer({"error": said}, 409)

    hub.faults.append(Busy("/api/repos/create", times=3))
    publish_models(UploadModelConfig())
    assert clock.pauses[:2] == [1, 2]


def test_a_hub_that_hangs_is_given_up(hub, clock):
    hub.faults.append(Fault("/commit/", "delay", delay_s=3.0))
    access = HubAccess(timeout_s=1.0, patience_s=300.0)
    publish_models(UploadModelConfig(access=access))
    assert all(count_commits(repo) == 2 for repo in hub.repos.values())


def test_a_validator_that_answers_in_html_is_asked_again(hub, clock):
    class Html(Fault):
        def spoil(self, respond):
            return Response(502, b"<html>Bad gateway</html>")

    hub.faults.append(Html("validate-yaml", times=2))
    publish_models(UploadModelConfig())
    assert ("models", "alice/reeltalk-modern") in hub.repos


def test_ctrl_c_names_what_was_done(hub, clock):
    # Whoever runs the tests in the background has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt) as interruption:
        interrupt_at(hub, "reeltalk-modern/preupload", publish_models, UploadModelConfig())
    assert "alice/reeltalk-slang is at" in str(interruption.value)
    signal.signal(signal.SIGINT, before)
    assert "the same command finishes the rest" in str(interruption.value)


def interrupt_at(hub, path, act, config):
    """Press Ctrl-C when a request arrives."""

    class Interrupting(Fault):
        def spoil(self, respond):
            os.kill(os.getpid(), signal.SIGINT)
            return respond()

    hub.faults.append(Interrupting(path))
    act(config)


def test_of_two_publishers_at_once_one_wins_and_the_other_says_so(hub, clock, project, tmp_path):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-standard"]
    before = count_commits(repo)
    gate, ends = threading.Barrier(2), []

    class Together(Fault):
        """Both have planned before either commits."""

        def spoil(self, respond):
            gate.wait(10)
            return respond()

    hub.faults.append(Together("reeltalk-standard/preupload", times=2))
    change_card("standard")
    plans = [plan_of("models/standard", extra) for extra in (b"first", b"second")]

    connection = Connection(5.0, 300.0)

    def run(plan):
        try:
            ends.append(publish(plan, connection).sha)
        except ReelTalkError as error:
            ends.append(str(error))

    threads = [threading.Thread(target=run, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count_commits(repo) == before + 1
    assert repo.sha in ends
    assert any("someone else published" in end for end in ends)


def plan_of(folder, extra):
    """A plan of one publisher, with a card of its own."""
    repo_id = "alice/reeltalk-standard"
    remote = read_remote(Connection(5.0, 300.0), "model", repo_id)
    card = LocalFile("README.md", b"---\nlicense: apache-2.0\n---\n" + extra)
    files = [file for file in check_model_folder(Path(folder)).files if file.path != "README.md"]
    return plan_upload("model", repo_id, [*files, card], remote)
