"""Who may see and do what, as the real client is told."""

import pytest

from tests.hub.conftest import client


def test_a_private_repo_is_not_there_for_others(hub, alice):
    from huggingface_hub.errors import RepositoryNotFoundError

    alice.create_repo("alice/secret", private=True)
    assert alice.model_info("alice/secret").private
    for token in ("hf_test_write_bob", False):
        with pytest.raises(RepositoryNotFoundError):
            client(hub, token).model_info("alice/secret")
        assert not client(hub, token).file_exists("alice/secret", ".gitattributes")
    alice.update_repo_settings("alice/secret", private=False)
    assert not client(hub, False).model_info("alice/secret").private


def test_a_gated_repo_shows_itself_but_not_its_files(hub, alice):
    from huggingface_hub.errors import GatedRepoError

    alice.create_repo("alice/gated")
    alice.update_repo_settings("alice/gated", gated="auto")
    for token in ("hf_test_write_bob", False):
        bob = client(hub, token)
        assert bob.model_info("alice/gated").gated == "auto"
        with pytest.raises(GatedRepoError):
            bob.hf_hub_download("alice/gated", ".gitattributes")
    assert alice.file_exists("alice/gated", ".gitattributes")


def test_a_read_token_creates_nothing(hub):
    from huggingface_hub.errors import HfHubHTTPError

    said = 'You don\'t have the rights to create a model under the namespace "alice"'
    with pytest.raises(HfHubHTTPError, match=said) as error:
        client(hub, "hf_test_read_alice").create_repo("alice/new")
    assert error.value.response.status_code == 403


def test_somebody_else_s_namespace_is_refused(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    with pytest.raises(HfHubHTTPError, match='create a dataset under the namespace "bob"'):
        alice.create_repo("bob/new", repo_type="dataset")
    alice.create_repo("reel-team/new")
    with pytest.raises(HfHubHTTPError, match="403"):
        client(hub, "hf_test_write_bob").create_repo("reel-team/other")


def test_a_fine_grained_token_needs_repo_write(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    client(hub, "hf_test_fine_alice").create_repo("alice/new")
    reader = client(hub, "hf_test_fine_read_alice")
    with pytest.raises(HfHubHTTPError, match="repo.write"):
        reader.create_repo("alice/newer")
    assert reader.model_info("alice/new").id == "alice/new"
    with pytest.raises(HfHubHTTPError, match="repo.write"):
        reader.auth_check("alice/new", write=True)


def test_an_expired_token_is_said_to_be(hub):
    from huggingface_hub.errors import HfHubHTTPError

    hub.create("models", "alice/open")
    with pytest.raises(HfHubHTTPError, match="expired"):
        client(hub, "hf_test_expired_alice").model_info("alice/open")


@pytest.mark.parametrize("token", ["hf_test_expired_alice", "hf_unknown"])
def test_a_token_that_is_not_valid_is_401(hub, token):
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    hub.create("models", "alice/open")
    api = client(hub, token)
    for call in (api.whoami, lambda: api.model_info("alice/open")):
        with pytest.raises(HfHubHTTPError) as error:
            call()
        assert error.value.response.status_code == 401
        assert not isinstance(error.value, RepositoryNotFoundError)


def test_writing_without_a_token_looks_like_a_missing_repo(hub):
    from huggingface_hub.errors import RepositoryNotFoundError

    hub.create("models", "alice/open")
    with pytest.raises(RepositoryNotFoundError):
        client(hub, False).auth_check("alice/open", write=True)


def test_whoami_tells_role_and_organizations(hub):
    said = client(hub, "hf_test_fine_read_alice").whoami()
    assert said["name"] == "alice"
    assert said["orgs"][0]["name"] == "reel-team"
    token = said["auth"]["accessToken"]
    assert token["role"] == "fineGrained"
    assert token["fineGrained"]["scoped"][0]["permissions"] == ["repo.content.read"]


def test_auth_check_tells_readers_from_writers(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    hub.create("models", "alice/open")
    alice.auth_check("alice/open", write=True)
    bob = client(hub, "hf_test_write_bob")
    bob.auth_check("alice/open")
    with pytest.raises(HfHubHTTPError, match="403"):
        bob.auth_check("alice/open", write=True)


def test_a_repo_that_is_there_is_409_with_its_url(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    made = alice.create_repo("alice/it", repo_type="dataset")
    assert alice.create_repo("alice/it", repo_type="dataset", exist_ok=True) == made
    assert made.url == f"{hub.url}/datasets/alice/it"
    with pytest.raises(HfHubHTTPError, match="409"):
        alice.create_repo("alice/it", repo_type="dataset")


def test_a_deleted_repo_is_gone_with_its_files(hub, alice):
    alice.create_repo("alice/it")
    alice.delete_repo("alice/it")
    assert not alice.repo_exists("alice/it")
    alice.delete_repo("alice/it", missing_ok=True)


def test_lists_show_what_the_asker_may_see(hub, alice):
    for name, private in (("open", False), ("secret", True)):
        hub.create("models", f"alice/{name}", private)
    assert [model.id for model in alice.list_models(author="alice")] == [
        "alice/open",
        "alice/secret",
    ]
    bob = client(hub, "hf_test_write_bob")
    assert [model.id for model in bob.list_models(search="alice/")] == ["alice/open"]


@pytest.mark.parametrize(
    "front_matter, kind, said",
    [
        ("license: no-such", "model", '"license" must be one of'),
        ("tags: text", "model", None),
        ("tags: {a: 1}", "model", '"tags" must be an array'),
        ("a: [", "model", "Invalid YAML"),
        ("sdk: gradio\ncolorFrom: mauve", "space", '"colorFrom" must be one of'),
        ("title: no sdk", "space", '"sdk" must be one of'),
        (f"sdk: static\nshort_description: {'x' * 61}", "space", "60 characters"),
        (f"sdk: static\nshort_description: {'x' * 60}", "space", None),
    ],
)
def test_cards_are_checked(hub, alice, front_matter, kind, said):
    hub.create(f"{kind}s", "alice/it", sdk="gradio")
    card = {
        "path_or_fileobj": f"---\n{front_matter}\n---\n".encode(),
        "path_in_repo": "README.md",
        "repo_id": "alice/it",
        "repo_type": kind,
    }
    if said is None:
        alice.upload_file(**card)
    else:
        with pytest.raises(ValueError, match=said):
            alice.upload_file(**card)
        assert not [line for line in hub.log if "/commit/" in line]


def test_the_card_s_data_comes_with_the_repo(hub, alice, tmp_path):
    (tmp_path / "README.md").write_text(
        "---\nlicense: mit\npipeline_tag: text-classification\n---\n"
    )
    hub.add_folder("models", "alice/it", tmp_path)
    info = alice.model_info("alice/it")
    assert info.card_data.license == "mit"
    assert info.pipeline_tag == "text-classification"
