"""Releases against the test Hub, through the real client."""

import json
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, SpaceCard

from reeltalk.config import HubAccess, PublishConfig, UploadModelConfig, UploadSpaceConfig
from reeltalk.errors import ReelTalkError
from reeltalk.hub import publish_all, publish_models, publish_space
from reeltalk.hub.receipts import read_receipts
from tests.hub import Fault
from tests.hub.messages import answer
from tests.publishing.conftest import change_card, change_run, everything, state_of

REPOS = {"alice/reeltalk-slang", "alice/reeltalk-standard", "alice/reeltalk-modern"}
pytestmark = pytest.mark.usefixtures("clock", "project")


def writes(hub):
    asked = ("GET", "HEAD", "POST /api/validate-yaml")
    return [line for line in hub.log if not line.startswith(asked)]


def commits(hub):
    return [line for line in hub.log if "/commit/" in line]


def test_everything_goes_up_in_one_commit_for_each_repo(hub, alice, capsys):
    publish_all(everything())
    assert set(state_of(hub)) == {*REPOS, "alice/reeltalk"}
    assert len(commits(hub)) == 4
    assert all(repo.private for repo in hub.repos.values())
    modern = hub.repos["models", "alice/reeltalk-modern"]
    paths = {file.path for file in modern.files(modern.sha)}
    assert {"model.safetensors", "onnx/model.onnx", "tokenizer.json", "README.md"} <= paths
    assert f"alice/reeltalk-modern is at {modern.sha[:8]} (r1)" in capsys.readouterr().out


def test_the_space_is_wired_to_the_very_revisions(hub, alice):
    publish_all(everything())
    variables = hub.space("alice/reeltalk").variables
    for stage, key in (("standard", "STANDARD_MODEL"), ("modern", "MODERN_MODEL")):
        repo = hub.repos["models", f"alice/reeltalk-{stage}"]
        assert variables[key]["value"] == f"alice/reeltalk-{stage}@{repo.sha}"
    space = hub.repos["spaces", "alice/reeltalk"]
    card = SpaceCard(space.text(space.sha, "README.md")).data.to_dict()
    assert card["models"] == ["alice/reeltalk-standard", "alice/reeltalk-modern"]
    assert card["datasets"] == ["alice/reeltalk-slang"]
    assert "preload_from_hub" not in card  # a build has no token for private models
    assert card["sdk_version"] == "6.31.0"


def test_public_models_are_put_into_the_space_s_image(hub, alice):
    publish_all(everything(public=True))
    assert not any(repo.private for repo in hub.repos.values())
    space = hub.repos["spaces", "alice/reeltalk"]
    modern = hub.repos["models", "alice/reeltalk-modern"].sha
    (_, line) = SpaceCard(space.text(space.sha, "README.md")).data.to_dict()["preload_from_hub"]
    repo_id, files, revision = line.split()
    assert (repo_id, revision) == ("alice/reeltalk-modern", modern)
    assert {"config.json", "tokenizer.json"} < set(files.split(","))


def test_a_second_time_makes_no_commit_and_says_so(hub, alice, capsys):
    publish_all(everything())
    before, count = state_of(hub), len(writes(hub))
    publish_all(everything())
    assert state_of(hub) == before
    assert writes(hub)[count:] == []
    assert capsys.readouterr().out.count("nothing to change, no commit") == 4


def test_a_changed_card_makes_one_small_commit(hub, alice, project):
    publish_all(everything())
    hub.log.clear()
    uploaded = hub.uploaded_bytes
    change_card("standard")
    publish_models(UploadModelConfig((project / "models" / "standard",)))
    assert len(commits(hub)) == 1
    assert hub.uploaded_bytes == uploaded
    assert sum(line.received_bytes for line in hub.log) < 60_000


def test_renamed_files_do_not_linger(hub, alice, project):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-standard"]
    repo.commit({"pytorch_model.bin": b"old", "notes/a.txt": b"old"}, "by hand", "alice")
    publish_models(UploadModelConfig())
    assert not {"pytorch_model.bin", "notes/a.txt"} & {f.path for f in repo.files(repo.sha)}


def test_a_dry_run_writes_nothing(hub, alice, capsys):
    publish_all(everything(dry_run=True))
    assert writes(hub) == []
    said = capsys.readouterr().out
    assert "dry run: nothing was written" in said
    assert "alice/reeltalk-modern  (new, private): add" in said
    assert "model.safetensors" in said


def test_without_a_token_the_plan_is_shown_with_the_way_to_one(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(ReelTalkError, match="settings/tokens"):
        publish_all(everything())
    assert "YOUR-ACCOUNT/reeltalk-modern  (not compared: no token): add" in capsys.readouterr().out
    publish_all(everything(dry_run=True))
    assert "settings/tokens" in capsys.readouterr().out
    assert writes(hub) == []


@pytest.mark.parametrize(
    ("token", "access", "said"),
    [
        ("hf_test_read_alice", {}, "may only read"),
        ("hf_test_fine_read_alice", {}, "no write access to alice's repos"),
        ("hf_test_expired_alice", {}, "wrong or has expired"),
        ("hf_test_nobody", {}, "wrong or has expired"),
        ("hf_test_write_alice", {"namespace": "bob"}, "may write as alice"),
        ("hf_test_write_bob", {"namespace": "reel-team"}, "is bob's, which may write as bob;"),
    ],
)
def test_who_may_not_write_gets_one_line_and_nothing_is_written(
    hub, monkeypatch, token, access, said
):
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ReelTalkError, match=said) as error:
        publish_all(everything(**access))
    assert "\n" not in str(error.value)
    assert token not in str(error.value)
    assert writes(hub) == []


def test_a_fine_grained_token_that_may_write_is_enough(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_test_fine_alice")
    publish_models(UploadModelConfig(access=HubAccess(namespace="reel-team")))
    assert ("models", "reel-team/reeltalk-modern") in hub.repos


def test_a_space_that_must_be_paid_for_names_the_ways_out(hub, alice):
    hub.charges_for_spaces = True
    with pytest.raises(ReelTalkError, match="PRO account") as error:
        publish_all(everything())
    assert "\n" not in str(error.value)
    assert set(state_of(hub)) == REPOS


def test_a_secret_in_a_file_stops_everything_before_the_first_write(hub, alice, project):
    (project / "deployment" / "app.py").write_text(f"TOKEN = '{'hf_' + 'aB3' * 12}'\n")
    with pytest.raises(ReelTalkError, match=r"app\.py, line 1"):
        publish_all(everything())
    assert writes(hub) == []


def test_a_card_that_the_hub_would_refuse_stops_everything_before_the_first_write(
    hub, alice, project
):
    readme = project / "deployment" / "README.md"
    readme.write_text(readme.read_text().replace("colorFrom: indigo", "colorFrom: mauve"))
    with pytest.raises(ReelTalkError, match="checking the card of alice/reeltalk: .*colorFrom"):
        publish_all(everything())
    assert writes(hub) == []


def test_the_card_names_what_was_measured(hub, alice, project):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-modern"]
    card = ModelCard(repo.text(repo.sha, "README.md"))
    metrics = json.loads((project / "models" / "modern" / "metrics.json").read_text())
    values = {
        (result.dataset_type, result.metric_type): result.metric_value
        for result in card.data.eval_results
    }
    assert values["custom", "accuracy"] == metrics["test"]["accuracy"]
    assert values["alice/reeltalk-slang", "accuracy"] == metrics["slang"]["all"]["accuracy"]
    assert card.data.base_model == "alice/reeltalk-standard"
    assert card.data.datasets == ["alice/reeltalk-slang"]


def test_someone_else_s_commit_stays_and_is_reported(hub, alice):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-standard"]

    class Rival(Fault):
        """Another publisher's commit arrives while ours is under way."""

        def spoil(self, respond):
            repo.commit({"theirs.txt": b"theirs"}, "theirs", "alice")
            return respond()

    change_card("standard")
    hub.faults.append(Rival("reeltalk-standard/commit/"))
    with pytest.raises(ReelTalkError, match="someone else published"):
        publish_models(UploadModelConfig())
    assert repo.text(repo.sha, "theirs.txt") == "theirs"


def test_a_pull_request_leaves_main_as_it_is(hub, alice, capsys):
    publish_models(UploadModelConfig())
    repo = hub.repos["models", "alice/reeltalk-standard"]
    before = repo.sha
    change_card("standard")
    hub.log.clear()
    publish_models(UploadModelConfig((Path("models/standard"),), create_pr=True))
    assert repo.sha == before
    assert "pull request" in capsys.readouterr().out
    assert len(commits(hub)) == 1


def test_a_release_has_a_tag_and_a_receipt(hub, alice):
    publish_all(everything())
    for stage in ("standard", "modern"):
        repo = hub.repos["models", f"alice/reeltalk-{stage}"]
        (receipt,) = read_receipts(Path(f"models/{stage}/published.json"))
        assert receipt.revision == repo.sha == repo.resolve("r1")
        assert receipt.files["model.safetensors"] == repo.file(repo.sha, "model.safetensors").etag


def test_a_release_that_was_interrupted_goes_on_under_its_tag(hub, alice, clock):
    publish_models(UploadModelConfig())
    for stage in ("standard", "modern"):
        change_card(stage)
    hub.faults.append(Fault("reeltalk-modern/commit/", "reset", times=10_000))
    with pytest.raises(ReelTalkError, match="gave up after"):
        publish_models(UploadModelConfig())
    hub.faults.clear()
    publish_models(UploadModelConfig())
    assert tags_of(hub, "alice/reeltalk-standard") == {"r1", "r2"}
    assert tags_of(hub, "alice/reeltalk-modern") == {"r1", "r2"}
    change_card("modern")
    publish_models(UploadModelConfig())
    assert tags_of(hub, "alice/reeltalk-modern") == {"r1", "r2", "r3"}


def tags_of(hub, repo_id):
    refs = hub.repos["models", repo_id].git.refs("tags/")
    return {name.rpartition("/")[2] for name in refs}


def test_a_tag_that_is_taken_is_refused_before_the_first_write(hub, alice):
    publish_models(UploadModelConfig(tag="v1"))
    change_card("standard")
    before = state_of(hub)
    with pytest.raises(ReelTalkError, match="has a tag v1 already"):
        publish_models(UploadModelConfig(tag="v1"))
    assert state_of(hub) == before


def test_the_space_alone_needs_published_models(hub, alice):
    with pytest.raises(ReelTalkError, match="upload_model.py"):
        publish_space(UploadSpaceConfig(no_wait=True))
    publish_models(UploadModelConfig())
    publish_space(UploadSpaceConfig(no_wait=True))
    assert "MODERN_MODEL" in hub.space("alice/reeltalk").variables


@pytest.mark.parametrize(
    ("flavor", "said"),
    [
        ("cpu-upgrade", "costs 0.0005 dollars a minute, and alice has no payment method"),
        ("gpu-9000", "the Hub offers cpu-basic, cpu-upgrade"),
    ],
)
def test_hardware_that_cannot_be_had_is_refused_before_anything_is_written(
    hub, alice, flavor, said
):
    before = state_of(hub)
    with pytest.raises(ReelTalkError, match=said) as error:
        publish_all(everything(hardware=flavor))
    assert "\n" not in str(error.value)
    assert state_of(hub) == before


def test_hardware_that_the_hub_will_be_paid_for_is_one_line(hub, alice):
    """Whether an organisation can pay, only its answer to the request itself tells."""
    team = HubAccess(namespace="reel-team")
    publish_models(UploadModelConfig(access=team))
    with pytest.raises(ReelTalkError, match="add a payment method") as error:
        publish_space(UploadSpaceConfig(no_wait=True, hardware="cpu-upgrade", access=team))
    assert "\n" not in str(error.value)
    assert "ways out" in str(error.value)


def test_the_space_s_token_becomes_its_secret_and_is_never_printed(hub, alice, monkeypatch, capsys):
    monkeypatch.setenv("SPACE_TOKEN", "hf_test_read_alice")
    publish_all(everything())
    assert hub.space("alice/reeltalk").secrets["HF_TOKEN"]["value"] == "hf_test_read_alice"
    out, err = capsys.readouterr()
    assert "hf_test" not in out + err


@pytest.fixture
def space_token(monkeypatch):
    """The token that the Space reads with."""
    monkeypatch.setenv("SPACE_TOKEN", "hf_test_read_alice")
    return "hf_test_read_alice"


def secret_of(hub, repo_id):
    return hub.space(repo_id).secrets.get("HF_TOKEN", {}).get("value")


def secrets_set(hub):
    return [line for line in hub.log if line.startswith("POST") and line.endswith("/secrets")]


def test_each_space_gets_the_token_once(hub, alice, space_token):
    publish_models(UploadModelConfig())
    for repo_id in ("alice/a", "reel-team/b", "alice/a"):
        publish_space(UploadSpaceConfig(no_wait=True, repo_id=repo_id))
        assert secret_of(hub, repo_id) == space_token
    assert len(secrets_set(hub)) == 2


def test_a_space_that_lost_its_token_gets_it_again(hub, alice, space_token):
    publish_all(everything())
    hub.space("alice/reeltalk").secrets.clear()
    publish_all(everything())
    assert secret_of(hub, "alice/reeltalk") == space_token
    hub.remove(hub.repos["spaces", "alice/reeltalk"])
    publish_all(everything())
    assert secret_of(hub, "alice/reeltalk") == space_token


def test_a_run_without_the_token_forgets_nothing(hub, alice, space_token, monkeypatch):
    publish_all(everything())
    monkeypatch.delenv("SPACE_TOKEN")
    change_card("standard")
    publish_all(everything())
    monkeypatch.setenv("SPACE_TOKEN", space_token)
    publish_all(everything())
    assert len(secrets_set(hub)) == 1


@pytest.mark.parametrize(
    ("token", "flags", "said"),
    [
        ("hf_test_expired_alice", {}, "whose token SPACE_TOKEN is: .* wrong or has expired"),
        ("hf_test_mistyped", {}, "whose token SPACE_TOKEN is: .* wrong or has expired"),
        ("hf_test_read_alice", {"feedback": True}, "SPACE_TOKEN .* may not write datasets"),
        ("hf_test_fine_read_alice", {"feedback": True}, "SPACE_TOKEN .* may not write datasets"),
        ("hf_test_write_bob", {"feedback": True}, "SPACE_TOKEN is bob's .* datasets of alice"),
    ],
)
def test_a_space_s_token_that_will_not_do_is_refused_before_the_first_write(
    hub, alice, monkeypatch, token, flags, said
):
    monkeypatch.setenv("SPACE_TOKEN", token)
    with pytest.raises(ReelTalkError, match=said) as error:
        publish_all(everything(**flags))
    assert "\n" not in str(error.value)
    assert token not in str(error.value)
    assert writes(hub) == []


def test_a_space_that_someone_else_edits_keeps_its_settings(hub, alice, monkeypatch):
    publish_all(everything())
    space = hub.repos["spaces", "alice/reeltalk"]
    before = dict(hub.space("alice/reeltalk").variables)

    class Rival(Fault):
        """Another publisher edits the Space while a model goes up."""

        def spoil(self, respond):
            space.commit({"theirs.txt": b"theirs"}, "theirs", "alice")
            return respond()

    change_card("standard")
    monkeypatch.setenv("SPACE_TOKEN", "hf_test_read_alice")
    hub.faults.append(Rival("reeltalk-standard/commit/"))
    with pytest.raises(ReelTalkError, match="no file of this run was written there"):
        publish_all(everything())
    assert hub.space("alice/reeltalk").variables == before
    assert hub.space("alice/reeltalk").secrets == {}
    assert space.text(space.sha, "theirs.txt") == "theirs"


def test_the_plan_names_what_costs_money_or_starts_the_space_anew(
    hub, alice, space_token, monkeypatch, capsys
):
    publish_all(everything(dry_run=True, hardware="cpu-basic"))
    said = capsys.readouterr().out
    assert "set     MODERN_MODEL to alice/reeltalk-modern@its new commit" in said
    assert "set     the secret HF_TOKEN to SPACE_TOKEN" in said
    assert "ask for hardware cpu-basic, free" in said
    team = HubAccess(namespace="reel-team", dry_run=True)
    publish_all(everything(access=team, hardware="cpu-upgrade"))
    assert "ask for hardware cpu-upgrade, 0.0005 dollars a minute" in capsys.readouterr().out
    publish_all(everything())
    capsys.readouterr()
    publish_all(everything(hardware="cpu-basic"))
    said = capsys.readouterr().out
    assert "    set " not in said
    assert "ask for" not in said


def feedback_repo_of(hub):
    return hub.space("alice/reeltalk").variables.get("FEEDBACK_REPO", {}).get("value")


def test_feedback_goes_nowhere_unless_it_is_asked_for(hub, alice, capsys):
    publish_all(everything())
    assert feedback_repo_of(hub) is None
    assert "feedback" not in capsys.readouterr().out


def test_feedback_is_wired_to_a_dataset_of_the_owner_and_stays_so(hub, alice, capsys):
    publish_all(everything(feedback=True))
    assert feedback_repo_of(hub) == "alice/reeltalk-feedback"
    assert "a token that may write datasets of alice" in capsys.readouterr().out
    publish_space(UploadSpaceConfig(no_wait=True))
    assert feedback_repo_of(hub) == "alice/reeltalk-feedback"
    (receipt,) = read_receipts(Path("models/space.published.json"))
    assert receipt.variables["FEEDBACK_REPO"] == "alice/reeltalk-feedback"
    assert ("datasets", "alice/reeltalk-feedback") not in hub.repos  # the Space makes it


def test_the_space_alone_can_be_wired_for_feedback(hub, alice, capsys):
    publish_models(UploadModelConfig())
    publish_space(UploadSpaceConfig(no_wait=True, feedback=True, access=HubAccess(dry_run=True)))
    assert "visitors' feedback goes to the private dataset" in capsys.readouterr().out
    publish_space(UploadSpaceConfig(no_wait=True, feedback=True))
    assert feedback_repo_of(hub) == "alice/reeltalk-feedback"


def test_a_build_that_fails_shows_the_end_of_its_log(hub, alice, capsys):
    space = hub.space("alice/reeltalk")
    space.stages = ["BUILDING", "BUILD_ERROR"]
    space.build_log = ["collecting numpy", "ERROR: no matching distribution"]
    with pytest.raises(ReelTalkError, match="BUILD_ERROR"):
        publish_all(everything(no_wait=False))
    said = capsys.readouterr().out
    assert "no matching distribution" in said
    assert said.index("BUILDING") < said.index("BUILD_ERROR")


def test_verify_and_rollback_need_something_published(hub, alice):
    from reeltalk.hub import rollback, verify

    for action in (verify, rollback):
        with pytest.raises(ReelTalkError, match="nothing was published from here"):
            action(PublishConfig("verify"))


def test_no_path_of_this_machine_goes_up(hub, alice, tiny_base, easy_file):
    publish_models(UploadModelConfig())
    for (_, repo_id), repo in hub.repos.items():
        for name in ("README.md", "run.json", "metrics.json"):
            content = repo.text(repo.sha, name)
            assert str(tiny_base.parent) not in content, f"{repo_id}: {name}"
            assert str(easy_file.parent) not in content, f"{repo_id}: {name}"
    assert "easy.csv" in repo.text(repo.sha, "run.json")


def test_a_modern_model_that_goes_with_another_standard_one_is_refused(hub, alice, project):
    change_run("modern", standard_sha256="0" * 64)
    with pytest.raises(ReelTalkError, match="continues another model than models/standard"):
        publish_models(UploadModelConfig())
    assert writes(hub) == []


def test_a_slang_set_other_than_the_one_learnt_is_refused(hub, alice, project):
    with (project / "data" / "slang.csv").open("a") as stream:
        stream.write("new row,positive,,,plain,seen\n")
    with pytest.raises(ReelTalkError, match=r"data/slang\.csv is not what models/modern learnt"):
        publish_models(UploadModelConfig())
    assert writes(hub) == []


def test_a_pull_request_at_someone_else_s_repo_is_opened_once(hub, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_test_write_alice")
    standard = (Path("models/standard"),)
    publish_models(UploadModelConfig(standard, access=HubAccess(public=True)))
    change_card("standard")
    monkeypatch.setenv("HF_TOKEN", "hf_test_write_bob")
    theirs = UploadModelConfig(standard, repo_id="alice/reeltalk-standard", create_pr=True)
    publish_models(theirs)
    publish_models(theirs)
    repo = hub.repos["models", "alice/reeltalk-standard"]
    assert len(repo.discussions) == 1
    assert capsys.readouterr().out.count("pull request http") == 2


def test_the_card_links_what_is_published_and_nothing_else(hub, alice):
    publish_models(UploadModelConfig((Path("models/standard"),), repo_id="reel-team/base"))
    publish_models(UploadModelConfig((Path("models/modern"),)))
    repo = hub.repos["models", "alice/reeltalk-modern"]
    card = repo.text(repo.sha, "README.md")
    assert ModelCard(card).data.base_model == "reel-team/base"
    assert "huggingface.co/spaces/" not in card


def test_a_modern_model_is_offered_to_someone_else_s_repo_without_its_slang_set(
    hub, alice, monkeypatch
):
    public = HubAccess(public=True)
    modern = (Path("models/modern"),)
    publish_models(UploadModelConfig(modern, repo_id="alice/film-sentiment", access=public))
    hub.remove(hub.repos["datasets", "alice/reeltalk-slang"])
    Path("models/slang.published.json").unlink()
    change_card("modern")
    monkeypatch.setenv("HF_TOKEN", "hf_test_write_bob")
    publish_models(UploadModelConfig(modern, repo_id="alice/film-sentiment", create_pr=True))
    repo = hub.repos["models", "alice/film-sentiment"]
    card = repo.text(repo.resolve("refs/pr/1"), "README.md")
    assert "held-out rows of ReelTalk's slang set," in card
    assert "reeltalk-slang" not in card
    assert ("datasets", "alice/reeltalk-slang") not in hub.repos


def test_a_model_is_said_to_continue_no_other_weights_than_those_published(hub, alice):
    publish_models(UploadModelConfig())
    change_run("modern", standard_sha256="0" * 64)
    publish_models(UploadModelConfig((Path("models/modern"),)))
    repo = hub.repos["models", "alice/reeltalk-modern"]
    card = repo.text(repo.sha, "README.md")
    assert ModelCard(card).data.base_model is None
    assert "alice/reeltalk-standard" not in card


@pytest.mark.parametrize("name", ["a--b", "a..b", "ab-", "é", "x.git", "a/b/c"])
def test_names_that_the_hub_would_refuse_are_refused_at_once(name):
    with pytest.raises(ReelTalkError, match="--repo-id"):
        UploadModelConfig((Path("models/modern"),), repo_id=f"alice/{name}")


def test_a_sleeping_space_is_woken(hub, alice, capsys):
    publish_all(everything())
    space = hub.space("alice/reeltalk")
    space.stages = ["SLEEPING"]
    space._script = None
    publish_all(everything(no_wait=False))
    said = capsys.readouterr().out
    assert said.index("SLEEPING") < said.index("RUNNING")


def test_the_stage_of_an_older_commit_is_not_believed(hub, alice, capsys):
    publish_all(everything())
    space = hub.space("alice/reeltalk")
    stale = space.describe() | {"stage": "RUNTIME_ERROR", "sha": "0" * 40}
    looks = [stale, stale]
    really = space.look
    space.look = lambda: looks.pop() if looks else really()
    publish_all(everything(no_wait=False))
    assert "RUNNING" in capsys.readouterr().out


def test_a_quota_that_is_used_up_is_not_taken_for_a_missing_right(hub, alice):
    class Full(Fault):
        def spoil(self, respond):
            return answer({"error": "Private repository storage limit reached"}, 403)

    hub.faults.append(Full("/commit/"))
    with pytest.raises(ReelTalkError, match="storage is full"):
        publish_models(UploadModelConfig())
