"""Faults on demand, as the real client meets them."""

import time

import pytest

from tests.hub import Fault
from tests.hub.conftest import client

pytestmark = pytest.mark.usefixtures("fast_retries")


@pytest.fixture
def upload(alice):
    """Commit a large file to a new repo; each call another content."""
    alice.create_repo("alice/model")

    def commit(content=b"weights"):
        return alice.upload_file(
            path_or_fileobj=content, path_in_repo="model.bin", repo_id="alice/model"
        )

    return commit


def titles(alice):
    return [commit.title for commit in alice.list_repo_commits("alice/model")]


@pytest.mark.parametrize("path", ["/preupload/", "/objects/batch", "^/upload/", "/lfs/verify"])
@pytest.mark.parametrize("kind", ["status", "reset"])
def test_the_client_tries_uploads_again(hub, upload, path, kind):
    hub.faults.append(Fault(path, kind, times=2))
    upload()
    assert hub.faults[0].times == 0
    assert len([line for line in hub.log if "/commit/" in line]) == 1


@pytest.mark.parametrize("when, commits", [("before", 1), ("after", 2)])
def test_a_commit_s_answer_may_be_lost(hub, alice, upload, when, commits):
    import httpx2

    hub.faults.append(Fault("/commit/", "reset", when=when))
    with pytest.raises(httpx2.NetworkError):
        upload()
    assert len(titles(alice)) == commits


def test_a_status_carries_its_headers(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    hub.faults.append(Fault("whoami", status=429, headers={"Retry-After": "7"}))
    with pytest.raises(HfHubHTTPError) as error:
        alice.whoami()
    assert error.value.response.headers["Retry-After"] == "7"
    assert alice.whoami()["name"] == "alice"


def test_any_one_request_can_be_killed(hub, alice, upload):
    upload(b"first")
    requests = len(hub.log)
    upload(b"second")
    needed = len(hub.log) - requests
    for number in range(needed):
        hub.faults[:] = [Fault(kind="reset", skip=number)]
        before = len(hub.log)
        try:
            upload(b"%d" % number)
        except Exception:
            hub.faults.clear()
        assert hub.log[before + number].status == 0


def test_a_fault_has_a_method_and_an_end(hub, alice):
    from huggingface_hub.errors import HfHubHTTPError

    hub.faults.append(Fault("/api/models/", method="POST", times=9))
    hub.create("models", "alice/model")
    assert alice.model_info("alice/model")
    hub.faults[0].method = "GET"
    hub.faults[0].times = 1
    with pytest.raises(HfHubHTTPError, match="503"):
        alice.model_info("alice/model")
    assert alice.model_info("alice/model")


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_can_be_late(hub, alice, when):
    hub.faults.append(Fault("whoami", "delay", when=when, delay_s=0.2))
    begun = time.monotonic()
    alice.whoami()
    assert time.monotonic() - begun > 0.2


def test_a_download_cut_short_is_resumed(hub, alice, upload, tmp_path):
    upload(b"weights " * 1000)
    hub.faults.append(Fault("^/objects/", "truncate"))
    file = alice.hf_hub_download("alice/model", "model.bin", cache_dir=tmp_path)
    assert open(file, "rb").read() == b"weights " * 1000
    assert len([line for line in hub.log if line.startswith("GET /objects/")]) == 2


def test_a_corrupt_download_has_the_same_length(hub, alice, upload, tmp_path):
    upload(b"weights")
    hub.faults.append(Fault("^/objects/", "corrupt", at=0))
    alice.hf_hub_download("alice/model", "model.bin", local_dir=tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == b"\x88eights"
    checked = alice.verify_repo_checksums("alice/model", local_dir=tmp_path)
    assert [each["path"] for each in checked.mismatches] == ["model.bin"]


def test_what_nothing_answers_is_written_down(hub):
    from huggingface_hub.utils import get_session

    assert get_session().get(f"{hub.url}/api/no-such-call").status_code == 404
    assert hub.unrouted == ["GET /api/no-such-call"]
    hub.unrouted.clear()


def test_a_mistake_of_the_server_is_500_and_written_down(hub):
    from huggingface_hub.errors import HfHubHTTPError

    hub.repos["models", "alice/broken"] = "no repo"
    with pytest.raises(HfHubHTTPError, match="500"):
        client(hub, False).auth_check("alice/broken")
    assert "AttributeError" in hub.errors.pop()


def test_what_clients_send_in_passing_is_not_counted(hub):
    from huggingface_hub.utils import get_session

    hub.faults.append(Fault())
    assert get_session().get(f"{hub.url}/api/agent-harnesses").json()["harnesses"] == {}
    assert get_session().head(f"{hub.url}/api/telemetry/test").status_code == 200
    assert hub.log == [] and hub.faults[0].times == 1


def test_the_log_tells_what_was_sent(hub, alice, upload):
    upload(b"weights")
    sent = next(line for line in hub.log if line.startswith("PUT /upload/models/alice/model/"))
    assert (sent.status, sent.received_bytes) == (200, 7)
    assert hub.uploaded_bytes == 7
