"""The real Hub: off unless it is asked for, since it writes there.

    REELTALK_LIVE=1 HF_TOKEN=... python -m pytest -m live -n0 -s

Needs models/standard (`make train`), and publishes a copy of it: the records of real releases stay
as they are. What it makes is private, under a name of its own, and is deleted at the end.
"""

import os
import secrets
import shutil

import pytest

from reeltalk.model_folder import PUBLISHED_FILE
from tests.conftest import REPOSITORY, run_script

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.environ.get("REELTALK_LIVE") != "1" or "REELTALK_LIVE_TOKEN" not in os.environ,
        reason="writes to the real Hub: set REELTALK_LIVE=1 and HF_TOKEN",
    ),
]
PUBLISH = """
import sys
from pathlib import Path
from reeltalk.config import UploadModelConfig
from reeltalk.hub import publish_models

publish_models(UploadModelConfig((Path("models/standard"),), repo_id=sys.argv[1]))
"""
READ_BACK = """
import sys
from transformers import pipeline

print(pipeline("text-classification", model=sys.argv[1])("I loved every minute of it."))
"""


@pytest.fixture
def real_hub():
    """The variables of a process that talks to the real Hub."""
    token = os.environ["REELTALK_LIVE_TOKEN"]
    return {"HF_ENDPOINT": "https://huggingface.co", "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "0"}


@pytest.fixture
def place(tmp_path):
    """A folder to publish from, with a copy of the trained model and no record of any release."""
    trained = REPOSITORY / "models" / "standard"
    assert (trained / "metrics.json").is_file(), "run `make train` first"
    ignored = shutil.ignore_patterns(PUBLISHED_FILE)
    shutil.copytree(trained, tmp_path / "models" / "standard", ignore=ignored)
    return tmp_path


def test_a_model_goes_up_comes_back_and_goes_up_no_second_time(real_hub, place):
    from huggingface_hub import HfApi

    api = HfApi("https://huggingface.co", token=real_hub["HF_TOKEN"])
    repo_id = f"{api.whoami()['name']}/reeltalk-live-test-{secrets.token_hex(4)}"
    try:
        first = run_script("-c", PUBLISH, repo_id, cwd=place, timeout_s=900, **real_hub)
        assert first.returncode == 0, first.stderr
        assert f"{repo_id} is at" in first.stdout
        assert api.repo_info(repo_id).private
        second = run_script("-c", PUBLISH, repo_id, cwd=place, timeout_s=900, **real_hub)
        assert "nothing to change, no commit" in second.stdout
        fresh = real_hub | {"HF_HOME": str(place / "hf")}
        answer = run_script("-c", READ_BACK, repo_id, cwd=place, timeout_s=900, **fresh)
        assert "POSITIVE" in answer.stdout
        assert (place / "models" / "releases.json").is_file()
        assert (place / "models" / "standard" / PUBLISHED_FILE).is_file()
        assert real_hub["HF_TOKEN"] not in first.stdout + first.stderr + second.stdout
    finally:
        api.delete_repo(repo_id, missing_ok=True)
