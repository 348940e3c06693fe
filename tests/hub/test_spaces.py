"""Spaces through the real client: stages, settings, logs."""

import pytest

from tests.hub.conftest import client

CARD = b"---\nsdk: gradio\nsdk_version: 6.0.0\napp_file: app.py\n---\n"


@pytest.fixture
def demo(hub, alice):
    """A Space with an app, just committed."""
    from huggingface_hub import CommitOperationAdd

    alice.create_repo("alice/demo", repo_type="space", space_sdk="gradio")
    files = {"README.md": CARD, "app.py": b"print()\n"}
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    alice.create_commit("alice/demo", operations, commit_message="app", repo_type="space")
    return hub.space("alice/demo")


def stages(alice, count):
    return [alice.get_space_runtime("alice/demo").stage for _ in range(count)]


def test_a_new_space_has_no_app(hub, alice):
    alice.create_repo("alice/demo", repo_type="space", space_sdk="gradio")
    assert stages(alice, 2) == ["NO_APP_FILE"] * 2
    assert "README.md" in alice.list_repo_files("alice/demo", repo_type="space")


def test_a_commit_builds_and_runs(alice, demo):
    assert stages(alice, 4) == ["BUILDING", "APP_STARTING", "RUNNING", "RUNNING"]
    info = alice.space_info("alice/demo")
    assert (info.sdk, info.subdomain) == ("gradio", "alice-demo")
    assert info.host == "https://alice-demo.hf.space"
    assert info.runtime.raw["sha"] == info.sha


def test_the_client_waits_for_what_a_test_wrote(alice, demo):
    demo.stages = ["BUILDING", "BUILD_ERROR"]
    demo.error_message = "pip failed"
    demo.build_log[:] = ["Collecting gradio", "ERROR: no such version"]
    runtime = alice.wait_for_space("alice/demo", poll_interval=0.01)
    assert runtime.stage == "BUILD_ERROR"
    assert runtime.raw["errorMessage"] == "pip failed"
    assert list(alice.fetch_space_logs("alice/demo", build=True)) == [
        "Collecting gradio\n",
        "ERROR: no such version\n",
    ]
    assert list(alice.fetch_space_logs("alice/demo", follow=True)) == []


def test_the_card_without_an_sdk_is_a_config_error(hub, alice, tmp_path):
    (tmp_path / "app.py").write_text("")
    hub.add_folder("spaces", "alice/demo", tmp_path)
    assert stages(alice, 1) == ["CONFIG_ERROR"]


def test_a_static_space_runs_at_once(hub, alice):
    alice.create_repo("alice/demo", repo_type="space", space_sdk="static")
    alice.upload_file(
        path_or_fileobj=b"hello", path_in_repo="index.html", repo_id="alice/demo", repo_type="space"
    )
    assert stages(alice, 1) == ["RUNNING"]


@pytest.mark.parametrize(
    "change",
    [
        lambda api: api.add_space_variable("alice/demo", "MODEL", "alice/model"),
        lambda api: api.add_space_secret("alice/demo", "HF_TOKEN", "hidden"),
        lambda api: api.restart_space("alice/demo", factory_reboot=True),
        lambda api: api.upload_file(
            path_or_fileobj=b"x", path_in_repo="x.py", repo_id="alice/demo", repo_type="space"
        ),
    ],
)
def test_a_change_starts_the_stages_again(alice, demo, change):
    assert stages(alice, 3)[-1] == "RUNNING"
    change(alice)
    assert demo.builds == 2
    assert stages(alice, 3) == ["BUILDING", "APP_STARTING", "RUNNING"]


def test_a_paused_space_waits_for_a_restart(alice, demo):
    assert alice.pause_space("alice/demo").stage == "PAUSED"
    assert stages(alice, 2) == ["PAUSED"] * 2
    assert alice.restart_space("alice/demo").stage == "BUILDING"


def test_secrets_hide_their_values_and_variables_show_them(hub, alice, demo):
    alice.add_space_secret("alice/demo", "KEY", "hidden", description="a key")
    shown = alice.add_space_variable("alice/demo", "MODEL", "alice/model")
    assert shown["MODEL"].value == "alice/model"
    assert alice.get_space_variables("alice/demo")["MODEL"].updated_at
    secret = alice.get_space_secrets("alice/demo")["KEY"]
    assert (secret.description, hasattr(secret, "value")) == ("a key", False)
    assert demo.secrets["KEY"]["value"] == "hidden"
    alice.delete_space_secret("alice/demo", "KEY")
    assert alice.delete_space_variable("alice/demo", "MODEL") == {}
    assert alice.get_space_secrets("alice/demo") == {}


def test_settings_are_not_for_others(hub, demo):
    from huggingface_hub.errors import HfHubHTTPError

    bob = client(hub, "hf_test_write_bob")
    assert bob.get_space_runtime("alice/demo").stage == "BUILDING"
    for call in (bob.get_space_variables, bob.restart_space):
        with pytest.raises(HfHubHTTPError, match="403"):
            call("alice/demo")


def test_hardware_is_current_once_it_runs(alice, demo):
    assert alice.request_space_hardware("alice/demo", "zero-a10g").hardware is None
    runtime = alice.wait_for_space("alice/demo", poll_interval=0.01)
    assert (runtime.hardware, runtime.requested_hardware) == ("zero-a10g", "zero-a10g")
    assert alice.set_space_sleep_time("alice/demo", 600).sleep_time == 600
    assert "cpu-basic" in [each.name for each in alice.list_spaces_hardware()]


def test_settings_come_with_the_creation(hub, alice):
    alice.create_repo(
        "alice/demo",
        repo_type="space",
        space_sdk="gradio",
        space_hardware="zero-a10g",
        space_variables=[{"key": "MODEL", "value": "alice/model"}],
        space_secrets=[{"key": "KEY", "value": "hidden"}],
    )
    space = hub.space("alice/demo")
    assert space.requested_hardware == "zero-a10g"
    assert list(space.variables) == ["MODEL"] and list(space.secrets) == ["KEY"]


def test_a_space_may_cost_money(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    hub.charges_for_spaces = True
    new = {"repo_id": "alice/demo", "repo_type": "space"}
    with pytest.raises(HfHubHTTPError, match="PRO") as error:
        alice.create_repo(**new, space_sdk="gradio")
    assert error.value.response.status_code == 402
    alice.create_repo(**new, space_sdk="static")


def test_a_host_can_be_an_app_that_runs(hub, alice, demo):
    demo.host = "http://127.0.0.1:7860"
    assert alice.space_info("alice/demo").host == "http://127.0.0.1:7860"
