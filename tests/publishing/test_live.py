"""The real Hub: off unless it is asked for, since it writes there.

    REELTALK_LIVE=1 HF_TOKEN=... python -m pytest -m live -n0 -s

Needs models/standard (`make train`). What it makes is private, under a name of its own, and is
deleted at the end.
"""

import os
import secrets

import pytest

from tests.conftest import REPOSITORY

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


def test_a_model_goes_up_comes_back_and_goes_up_no_second_time(real_hub, tmp_path):
    from huggingface_hub import HfApi

    from tests.conftest import run_script

    assert (REPOSITORY / "models" / "standard" / "metrics.json").is_file(), "run `make train` first"
    api = HfApi("https://huggingface.co", token=real_hub["HF_TOKEN"])
    repo_id = f"{api.whoami()['name']}/reeltalk-live-test-{secrets.token_hex(4)}"
    try:
        first = run_script("-c", PUBLISH, repo_id, timeout_s=900, **real_hub)
        assert first.returncode == 0, first.stderr
        assert f"{repo_id} is at" in first.stdout
        assert api.repo_info(repo_id).private
        second = run_script("-c", PUBLISH, repo_id, timeout_s=900, **real_hub)
        assert "nothing to change, no commit" in second.stdout
        fresh = real_hub | {"HF_HOME": str(tmp_path)}
        answer = run_script("-c", READ_BACK, repo_id, timeout_s=900, **fresh)
        assert "POSITIVE" in answer.stdout
        assert real_hub["HF_TOKEN"] not in first.stdout + first.stderr + second.stdout
    finally:
        api.delete_repo(repo_id, missing_ok=True)
