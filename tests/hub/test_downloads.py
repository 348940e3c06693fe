"""Reading: resolve, ranges, redirects to the other origin, pages, and the datasets library."""

import pytest

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def model(hub, tmp_path):
    (tmp_path / "model.bin").write_bytes(CONTENT)
    (tmp_path / "config.json").write_text("{}")
    for number in range(12):
        (tmp_path / "many").mkdir(exist_ok=True)
        (tmp_path / "many" / f"{number:02d} of 12.txt").write_text(str(number))
    return hub.add_folder("models", "alice/model", tmp_path)


def get(url, **headers):
    from huggingface_hub.utils import get_session

    return get_session().get(url, headers=headers, follow_redirects=False)


def test_a_small_file_comes_at_once(hub, model):
    answer = get(f"{hub.url}/alice/model/resolve/main/config.json")
    assert answer.text == "{}"
    assert answer.headers["x-repo-commit"] == model.sha
    assert answer.headers["etag"] == f'"{model.file(model.sha, "config.json").oid}"'


def test_a_large_file_is_elsewhere(hub, model):
    answer = get(f"{hub.url}/alice/model/resolve/{model.sha}/model.bin")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(hub.cdn_url)
    assert answer.headers["x-linked-size"] == str(len(CONTENT))
    assert get(answer.headers["location"]).content == CONTENT


@pytest.mark.parametrize(
    "wanted, status, part",
    [
        ("bytes=100-", 206, CONTENT[100:]),
        ("bytes=0-9", 206, CONTENT[:10]),
        ("bytes=-5", 206, CONTENT[-5:]),
        (f"bytes={len(CONTENT)}-", 416, b""),
    ],
)
def test_ranges(hub, model, wanted, status, part):
    where = get(f"{hub.url}/alice/model/resolve/main/model.bin").headers["location"]
    answer = get(where, Range=wanted)
    assert (answer.status_code, answer.content) == (status, part)


def test_more_than_10_mb_are_large_whatever_the_name(hub, alice):
    alice.create_repo("alice/it")
    big = {"path_or_fileobj": b"x" * 10_000_001, "path_in_repo": "big.txt"}
    alice.upload_file(**big, repo_id="alice/it")
    assert hub.uploaded_bytes == 10_000_001
    assert hub.read_file("models", "alice/it", "big.txt") == big["path_or_fileobj"]


def test_a_token_sent_elsewhere_is_an_error(hub, model):
    where = get(f"{hub.url}/alice/model/resolve/main/model.bin").headers["location"]
    assert get(where, Authorization="Bearer hf_test_write_alice").status_code == 400
    assert hub.errors.pop().startswith("a token was sent to the other origin")


def test_the_client_sends_no_token_elsewhere(hub, alice, model, tmp_path):
    file = alice.hf_hub_download("alice/model", "model.bin", cache_dir=tmp_path / "cache")
    assert open(file, "rb").read() == CONTENT


def test_a_missing_file_still_tells_the_commit(hub, model):
    answer = get(f"{hub.url}/alice/model/resolve/main/no.txt")
    assert answer.status_code == 404
    assert answer.headers["x-error-code"] == "EntryNotFound"
    assert answer.headers["x-repo-commit"] == model.sha


@pytest.mark.parametrize(
    "path, code",
    [
        ("alice/none/resolve/main/a", "RepoNotFound"),
        ("alice/model/resolve/v9/a", "RevisionNotFound"),
    ],
)
def test_what_is_missing_is_named(hub, model, path, code):
    assert get(f"{hub.url}/{path}").headers["x-error-code"] == code


def test_trees_come_in_small_pages(hub, alice, model):
    found = [entry.path for entry in alice.list_repo_tree("alice/model", recursive=True)]
    assert len(found) == 16
    assert len([line for line in hub.log if "/tree/" in line]) == 4
    top = {entry.path for entry in alice.list_repo_tree("alice/model")}
    assert top == {".gitattributes", "config.json", "many", "model.bin"}
    inside = list(alice.list_repo_tree("alice/model", "many"))
    assert len(inside) == 12


def test_a_tree_of_nothing_is_404(alice, model):
    from huggingface_hub.errors import EntryNotFoundError

    with pytest.raises(EntryNotFoundError):
        list(alice.list_repo_tree("alice/model", "none"))


def test_paths_are_described(alice, model):
    found = alice.get_paths_info("alice/model", ["model.bin", "many", "none"])
    assert {entry.path for entry in found} == {"model.bin", "many"}


def test_a_folder_published_again_replaces_the_first(hub, alice, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("second")
    (folder / "config.json").write_text('{"a": 1}')
    hub.add_folder("models", "alice/model", folder)
    assert alice.list_repo_files("alice/model") == [".gitattributes", "config.json"]
    assert len(alice.list_repo_commits("alice/model")) == 3


def test_the_datasets_library_reads_parquet(hub, tmp_path):
    import datasets

    from tests.hub.seeds import write_imdb

    hub.add_folder("datasets", "alice/imdb", write_imdb(tmp_path, 20))
    read = datasets.load_dataset("alice/imdb", cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in read.items()} == {"train": 20, "test": 10}
    assert read["train"].features["label"].names == ["neg", "pos"]


def test_transformers_reads_a_model(hub, tiny_base, tmp_path):
    from transformers import AutoModel, AutoTokenizer

    hub.add_folder("models", "alice/encoder", tiny_base)
    assert AutoModel.from_pretrained("alice/encoder", cache_dir=tmp_path).config.dim == 32
    assert AutoTokenizer.from_pretrained("alice/encoder", cache_dir=tmp_path)("great")
