"""Plans are worked out without a network."""

import hashlib

import pytest

from reeltalk.hub.repo_files import LocalFile, RemoteFile, RemoteRepo
from reeltalk.hub.upload_plan import describe_plan, plan_upload

WEIGHTS = LocalFile("model.safetensors", b"weights")
CARD = LocalFile("README.md", b"a card")


def remote(*files, private=True):
    return RemoteRepo("1" * 40, private, files)


def as_lfs(file):
    return RemoteFile(file.path, file.size, file.sha256, True, "1" * 40)


def as_regular(file):
    return RemoteFile(file.path, file.size, file.git_id, False, "1" * 40)


def test_a_file_from_disk_has_the_ids_that_git_and_lfs_give_it(tmp_path):
    (tmp_path / "a").write_bytes(b"hello\n")
    file = LocalFile("a", tmp_path / "a")
    # `printf 'hello\n' | git hash-object --stdin`
    assert file.git_id == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert file.sha256 == hashlib.sha256(b"hello\n").hexdigest()
    assert file.size == 6


def test_what_the_hub_has_is_no_change():
    plan = plan_upload("model", "a/b", [WEIGHTS, CARD], remote(as_lfs(WEIGHTS), as_regular(CARD)))
    assert not plan.changes_files
    assert plan.summary() == "nothing to change"


def test_added_changed_and_renamed_files_are_told_apart():
    old = LocalFile("README.md", b"an old card")
    gone = LocalFile("pytorch_model.bin", b"weights")
    there = remote(as_regular(old), as_lfs(gone), as_regular(LocalFile(".gitattributes", b"")))
    plan = plan_upload("model", "a/b", [WEIGHTS, CARD], there)
    assert [file.path for file in plan.added] == ["model.safetensors"]
    assert [file.path for file in plan.changed] == ["README.md"]
    assert [file.path for file in plan.deleted] == ["pytorch_model.bin"]
    assert plan.summary() == "add 1 file, change 1 file, delete 1 file"
    assert describe_plan(plan)[1:] == [
        "    add     model.safetensors       7 B",
        "    change  README.md               6 B",
        "    delete  pytorch_model.bin       7 B",
    ]


def test_a_changed_byte_of_the_same_length_is_a_change():
    other = LocalFile("model.safetensors", b"WEIGHTS")
    assert plan_upload("model", "a/b", [WEIGHTS], remote(as_lfs(other))).changed == [WEIGHTS]


@pytest.mark.parametrize(
    ("there", "public", "said"),
    [
        (RemoteRepo(), False, "(new, private)"),
        (RemoteRepo(), True, "(new, public)"),
        (remote(), False, "(private)"),
        (remote(), True, "(becomes public)"),
        (remote(private=False), False, "(public)"),
        (remote(private=False), True, "(public)"),
    ],
)
def test_the_plan_says_who_will_see_it(there, public, said):
    assert said in describe_plan(plan_upload("model", "a/b", [CARD], there, public))[0]


def test_files_of_another_revision_are_compared_by_their_ids():
    before = as_lfs(WEIGHTS)
    assert not plan_upload("model", "a/b", [before], remote(before)).changes_files
    other = as_lfs(LocalFile("model.safetensors", b"others"))
    assert plan_upload("model", "a/b", [before], remote(other)).changed == [before]


def test_two_files_at_one_path_are_a_bug_of_the_caller():
    with pytest.raises(ValueError, match="one path"):
        plan_upload("model", "a/b", [CARD, LocalFile("README.md", b"")], RemoteRepo())
