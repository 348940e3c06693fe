"""The Space's modules on the path, models to answer with, and the Space itself, running."""

import sys

import pytest

from tests.conftest import NO_HUB, REPOSITORY
from tests.deployment.running import RunningSpace

DEPLOYMENT = REPOSITORY / "deployment"
sys.path.insert(0, str(DEPLOYMENT))


@pytest.fixture(scope="session")
def words():
    """The bundled word model."""
    from reeltalk_inference.loading import load_words

    return load_words(DEPLOYMENT / "word_model.json")


@pytest.fixture
def ladder(words):
    """A ladder that stands on the word model and climbs nowhere."""
    from reeltalk_inference.ladder import Ladder

    return Ladder(words, [])


@pytest.fixture(scope="module")
def offline_space(tmp_path_factory):
    """A copy of deployment/, alone and without a Hub."""
    with RunningSpace(tmp_path_factory.mktemp("alone"), HF_ENDPOINT=NO_HUB) as space:
        yield space


@pytest.fixture(scope="module")
def model_space(tmp_path_factory, tiny_model):
    """A copy of deployment/ that answers with a real, tiny model as both of its models."""
    folder = tmp_path_factory.mktemp("with-models")
    settings = {
        "MODERN_MODEL": str(tiny_model),
        "STANDARD_MODEL": str(tiny_model),
        "SYSTEM": "spaces",
        "SPACE_ID": "someone/reeltalk",
    }
    with RunningSpace(folder, HF_ENDPOINT=NO_HUB, **settings) as space:
        space.wait_for(lambda: space.get("/healthz")["level"] == "modern")
        space.wait_for_page()
        yield space
