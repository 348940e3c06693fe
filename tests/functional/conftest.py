"""The trained model that the edge cases are asked of: models/standard, or a quick one."""

import pytest
from reeltalk_inference import Predictor

from reeltalk.config import Output, Recipe, ReviewSource, TrainConfig
from tests.conftest import REPOSITORY

TRAINED = REPOSITORY / "models" / "standard"


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """What `make train` left; else the bundled encoder, trained shortly on the bundled reviews."""
    from reeltalk.stages import train_standard

    if (TRAINED / "metrics.json").is_file():
        return TRAINED
    folder = tmp_path_factory.mktemp("functional") / "standard"
    train_standard(
        TrainConfig(
            source=ReviewSource(dataset="bundled", subset=1600),
            base="bundled",
            recipe=Recipe(max_tokens=96, epochs=2, learning_rate=5e-5),
            output=Output(folder),
        )
    )
    return folder


@pytest.fixture(scope="session")
def predictor(model):
    """The predictor that users get."""
    return Predictor.from_folder(model)
