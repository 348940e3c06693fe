"""Commits through the real client, looked at with the real git."""

import hashlib

import pytest

from tests.hub.conftest import client, git

WEIGHTS = bytes(range(256)) * 400


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "onnx").mkdir()
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(WEIGHTS)
    (tmp_path / "onnx" / "model.onnx").write_bytes(WEIGHTS[::-1])
    return tmp_path


@pytest.fixture
def model(alice, folder):
    alice.create_repo("alice/model")
    return alice.upload_folder(repo_id="alice/model", folder_path=folder)


def test_what_is_uploaded_comes_back_byte_for_byte(hub, alice, folder, model, tmp_path_factory):
    from huggingface_hub import snapshot_download

    target = tmp_path_factory.mktemp("copy")
    snapshot_download("alice/model", revision=model.oid, local_dir=target, endpoint=hub.url)
    for file in ("README.md", "config.json", "model.safetensors", "onnx/model.onnx"):
        assert (target / file).read_bytes() == (folder / file).read_bytes()
    checked = alice.verify_repo_checksums("alice/model", local_dir=target)
    assert not checked.mismatches


def test_weights_are_lfs_and_text_is_not(alice, model):
    siblings = alice.model_info("alice/model", files_metadata=True).siblings
    large = {file.rfilename: file.lfs for file in siblings if file.lfs}
    assert sorted(large) == ["model.safetensors", "onnx/model.onnx"]
    assert large["model.safetensors"].sha256 == hashlib.sha256(WEIGHTS).hexdigest()
    assert large["model.safetensors"].size == len(WEIGHTS)


def test_git_finds_nothing_wrong(hub, model):
    folder = hub.repos["models", "alice/model"].git.folder
    said = git("fsck", "--strict", "--full", cwd=folder)
    assert "error" not in said and "warning" not in said


@pytest.mark.parametrize(
    "kind, prefix", [("model", ""), ("dataset", "datasets/"), ("space", "spaces/")]
)
def test_git_clones_every_kind(hub, alice, tmp_path, kind, prefix):
    alice.create_repo("alice/it", repo_type=kind, space_sdk="gradio" if kind == "space" else None)
    alice.upload_file(
        path_or_fileobj=b"x = 1\n", path_in_repo="a/x.py", repo_id="alice/it", repo_type=kind
    )
    git("clone", f"{hub.url}/{prefix}alice/it", tmp_path / "clone")
    assert (tmp_path / "clone" / "a" / "x.py").read_text() == "x = 1\n"


def test_git_clones_a_private_repo_with_a_token_only(hub, alice, tmp_path):
    alice.create_repo("alice/secret", private=True)
    with pytest.raises(AssertionError, match="terminal prompts disabled"):
        git("clone", f"{hub.url}/alice/secret", tmp_path / "no")
    address = hub.url.replace("://", "://alice:hf_test_write_alice@")
    git("clone", f"{address}/alice/secret", tmp_path / "clone")


def test_an_unchanged_folder_uploads_nothing_and_commits_nothing(hub, alice, folder, model):
    before = hub.uploaded_bytes
    again = alice.upload_folder(repo_id="alice/model", folder_path=folder)
    assert again.oid == model.oid
    assert hub.uploaded_bytes == before == 2 * len(WEIGHTS)


def test_a_new_card_leaves_the_weights_alone(hub, alice, folder, model):
    before = hub.uploaded_bytes
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    again = alice.upload_folder(repo_id="alice/model", folder_path=folder)
    assert again.oid != model.oid
    assert hub.uploaded_bytes == before


def test_a_branch_that_moved_is_412(alice, model):
    from huggingface_hub.errors import HfHubHTTPError

    new = {"path_or_fileobj": b"1", "path_in_repo": "new.txt", "repo_id": "alice/model"}
    alice.upload_file(**new, parent_commit=model.oid)
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as error:
        alice.upload_file(**new | {"path_or_fileobj": b"2"}, parent_commit=model.oid)
    assert error.value.response.status_code == 412


def test_files_and_folders_are_deleted(alice, model):
    alice.delete_file("config.json", "alice/model")
    alice.delete_folder("onnx", "alice/model")
    assert alice.list_repo_files("alice/model") == [
        ".gitattributes",
        "README.md",
        "model.safetensors",
    ]


@pytest.mark.parametrize("path", ["a/../b", "a//b", ".git/config"])
def test_a_bad_path_is_422(hub, alice, model, path):
    import json

    from huggingface_hub.utils import get_session

    lines = [
        {"key": "header", "value": {"summary": "bad"}},
        {"key": "file", "value": {"path": path, "content": "", "encoding": "base64"}},
    ]
    answer = get_session().post(
        f"{hub.url}/api/models/alice/model/commit/main",
        headers={"authorization": "Bearer hf_test_write_alice"},
        content="\n".join(map(json.dumps, lines)),
    )
    assert answer.status_code == 422


def test_an_lfs_file_that_was_never_uploaded_is_refused(hub, alice, model):
    from huggingface_hub import CommitOperationAdd
    from huggingface_hub.errors import BadRequestError

    operation = CommitOperationAdd("late.bin", b"late")
    operation._is_uploaded, operation._upload_mode = True, "lfs"
    operation._should_ignore, operation._remote_oid = False, None
    with pytest.raises(BadRequestError, match="pointed to a file that does not exist"):
        alice.create_commit("alice/model", [operation], commit_message="late")


def test_an_object_that_is_not_what_its_name_says_is_refused(hub, alice, model):
    from huggingface_hub.utils import get_session

    answer = get_session().put(f"{hub.cdn_url}/upload/models/alice/model/{'0' * 64}", content=b"x")
    assert answer.status_code == 400


def test_git_ignores_are_kept_to(alice, folder):
    alice.create_repo("alice/model")
    (folder / ".gitignore").write_text("*.log\nruns/\n")
    (folder / "runs" / "deep").mkdir(parents=True)
    (folder / "runs" / "deep" / "a.txt").write_text("a")
    (folder / "train.log").write_text("a")
    alice.upload_folder(repo_id="alice/model", folder_path=folder)
    paths = alice.list_repo_files("alice/model")
    assert ".gitignore" in paths and "train.log" not in paths and "runs/deep/a.txt" not in paths


def test_a_file_is_copied_without_an_upload(hub, alice, model):
    from huggingface_hub import CommitOperationCopy

    before = hub.uploaded_bytes
    copies = [
        CommitOperationCopy("model.safetensors", "copy.safetensors"),
        CommitOperationCopy("config.json", "copy.json"),
    ]
    alice.create_commit("alice/model", copies, commit_message="copies")
    assert hub.read_file("models", "alice/model", "copy.safetensors") == WEIGHTS
    assert hub.read_file("models", "alice/model", "copy.json") == b"{}"
    assert hub.uploaded_bytes == before


def test_a_repo_made_anew_has_none_of_the_old_files(hub, alice, folder, model):
    alice.delete_repo("alice/model")
    alice.create_repo("alice/model")
    before = hub.uploaded_bytes
    alice.upload_folder(repo_id="alice/model", folder_path=folder)
    assert hub.uploaded_bytes == 2 * before


def test_a_pull_request_that_conflicts_is_not_merged(alice, model):
    from huggingface_hub.errors import HfHubHTTPError

    file = {"path_in_repo": "config.json", "repo_id": "alice/model"}
    alice.upload_file(path_or_fileobj=b"{1}", **file, create_pr=True)
    alice.upload_file(path_or_fileobj=b"{2}", **file)
    details = alice.get_discussion_details("alice/model", 1)
    assert details.conflicting_files == ["config.json"]
    assert "+{1}" in details.diff
    with pytest.raises(HfHubHTTPError, match="409"):
        alice.merge_pull_request("alice/model", 1)


def test_history_and_refs(alice, model):
    first = alice.list_repo_commits("alice/model")
    assert [commit.title for commit in first][-1] == "initial commit"
    assert first[0].commit_id == model.oid
    alice.create_tag("alice/model", tag="v1", tag_message="the first")
    alice.create_tag("alice/model", tag="v0", revision=first[-1].commit_id)
    alice.create_branch("alice/model", branch="next")
    alice.upload_file(
        path_or_fileobj=b"1", path_in_repo="n.txt", repo_id="alice/model", revision="next"
    )
    refs = alice.list_repo_refs("alice/model")
    assert {tag.name: tag.target_commit for tag in refs.tags} == {
        "v0": first[-1].commit_id,
        "v1": model.oid,
    }
    assert alice.model_info("alice/model", revision="v1").sha == model.oid
    assert not alice.file_exists("alice/model", "n.txt")
    assert alice.file_exists("alice/model", "n.txt", revision="next")
    alice.delete_tag("alice/model", tag="v1")
    alice.delete_branch("alice/model", branch="next")
    refs = alice.list_repo_refs("alice/model")
    assert [tag.name for tag in refs.tags] == ["v0"]
    assert [branch.name for branch in refs.branches] == ["main"]


def test_a_tag_that_is_there_is_409(alice, model):
    from huggingface_hub.errors import HfHubHTTPError

    alice.create_tag("alice/model", tag="v1")
    alice.create_tag("alice/model", tag="v1", exist_ok=True)
    with pytest.raises(HfHubHTTPError, match="409"):
        alice.create_tag("alice/model", tag="v1")


def test_who_may_not_write_opens_a_pull_request(hub, alice, model):
    from huggingface_hub.errors import HfHubHTTPError

    bob = client(hub, "hf_test_write_bob")
    new = {"path_or_fileobj": b"from bob", "path_in_repo": "bob.txt", "repo_id": "alice/model"}
    with pytest.raises(HfHubHTTPError, match="create_pr=1"):
        bob.upload_file(**new)
    opened = bob.upload_file(**new, create_pr=True)
    assert opened.pr_revision == "refs/pr/1"
    assert not alice.file_exists("alice/model", "bob.txt")
    assert alice.model_info("alice/model", revision="refs/pr/1").sha == opened.oid
    refs = alice.list_repo_refs("alice/model", include_pull_requests=True)
    assert [pull.ref for pull in refs.pull_requests] == ["refs/pr/1"]
    alice.merge_pull_request("alice/model", 1)
    assert alice.file_exists("alice/model", "bob.txt")
    details = alice.get_discussion_details("alice/model", 1)
    assert details.status == "merged"
    assert details.merge_commit_oid == alice.model_info("alice/model").sha
    assert [each.num for each in alice.get_repo_discussions("alice/model")] == [1]
