"""What every test stands on: a Hub on 127.0.0.1, a tiny real encoder, and a model trained on it.

The Hub's address is set before anything imports a client, which reads it at import.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from tests.hub import Hub

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two workers whose threads wait for each other's cores are slower than one worker.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
_HUB = Hub().start()
os.environ |= {
    "HF_ENDPOINT": _HUB.url,
    "HF_HOME": tempfile.mkdtemp(prefix="reeltalk-tests-hf-"),
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# Only the live test may know it: whatever else is tested must not reach the real Hub.
if "HF_TOKEN" in os.environ:
    os.environ.setdefault("REELTALK_LIVE_TOKEN", os.environ.pop("HF_TOKEN"))

import pytest  # noqa: E402

from reeltalk.config import (  # noqa: E402
    AugmentConfig,
    Output,
    Recipe,
    ReviewSource,
    TrainConfig,
)
from reeltalk.tables import write_rows  # noqa: E402
from tests.tiny import easy_reviews, write_tiny_distilbert  # noqa: E402

REPOSITORY = Path(__file__).parent.parent
NO_HUB = "http://127.0.0.1:9"


@pytest.fixture
def hub():
    """The test Hub, empty; a test in which it met what it does not know, or failed, fails."""
    _HUB.clear()
    yield _HUB
    unrouted, errors = _HUB.unrouted, _HUB.errors
    _HUB.clear()
    assert not unrouted, f"the Hub has no answer for {unrouted}"
    assert not errors, "\n".join(errors)


@pytest.fixture
def fast_retries(monkeypatch):
    """The Hub client's waits between its retries take no time."""
    from huggingface_hub.utils import _http

    clock = vars(time) | {"sleep": lambda seconds: None}
    monkeypatch.setattr(_http, "time", SimpleNamespace(**clock))


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory) -> Path:
    """The folder of an untrained tiny DistilBERT."""
    return write_tiny_distilbert(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def easy_file(tmp_path_factory) -> Path:
    """A CSV of 300 reviews that a tiny model learns."""
    file = tmp_path_factory.mktemp("reviews") / "easy.csv"
    write_easy_reviews(file, 300)
    return file


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory, tiny_base, easy_file) -> Path:
    """The model folder that stage 1 makes of the tiny encoder and the easy reviews."""
    from reeltalk.stages import train_standard

    folder = tmp_path_factory.mktemp("models") / "standard"
    train_standard(tiny_config(tiny_base, easy_file, folder))
    return folder


@pytest.fixture(scope="session")
def tiny_modern(tmp_path_factory, tiny_model) -> Path:
    """The model folder that stage 2 makes of the tiny model and 240 slang rows."""
    from reeltalk.stages import train_modern

    folder = tmp_path_factory.mktemp("models") / "modern"
    train_modern(augment_config(tiny_model, folder, slang_rows=240))
    return folder


def augment_config(standard: Path, output_dir: Path, **flags) -> AugmentConfig:
    """Flags under which the tiny model goes through stage 2 in seconds."""
    wanted = {
        "base": standard,
        "slang_file": REPOSITORY / "data" / "slang.csv",
        "recipe": Recipe(learning_rate=1e-4, epochs=1, precision="fp32"),
        "output": Output(output_dir),
    }
    return AugmentConfig(**wanted | flags)


def tiny_config(base: Path, reviews: Path, output_dir: Path, **recipe) -> TrainConfig:
    """Flags under which the tiny encoder learns the easy reviews in a second."""
    wanted = {"learning_rate": 3e-3, "epochs": 4, "max_tokens": 32, "precision": "fp32"} | recipe
    return TrainConfig(
        source=ReviewSource(dataset=str(reviews)),
        base=str(base),
        recipe=Recipe(**wanted),
        output=Output(output_dir),
    )


def write_easy_reviews(file: Path, count: int) -> None:
    """Write easy reviews in the format of the file's name."""
    import pyarrow

    rows = [{"text": text, "label": label} for text, label in easy_reviews(count)]
    schema = pyarrow.schema([("text", pyarrow.string()), ("label", pyarrow.int64())])
    write_rows(file, rows, ["text", "label"], schema)


def run_script(
    *arguments, cwd=REPOSITORY, timeout_s=240, **environment
) -> subprocess.CompletedProcess:
    """Run the project's Python with arguments; give exit code and output."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
