"""Every flag, its default and its help: one frozen dataclass per command.

tyro builds the command lines from these; the trained model's run.json keeps the values. Checks
here are those that need no file and no network; where a default is None, the value depends on
the encoder or on the surroundings and is decided, and said, when the run is planned.
"""

from reeltalk.config.commands import (
    BaselineConfig,
    EvaluateConfig,
    PredictConfig,
    ScoresConfig,
    SlangConfig,
)
from reeltalk.config.publishing import (
    HubAccess,
    PublishConfig,
    SpaceSettings,
    UploadModelConfig,
    UploadSpaceConfig,
)
from reeltalk.config.source import BUNDLED, HUB_BASE, HUB_DATASET, ReviewSource
from reeltalk.config.training import AugmentConfig, Output, Recipe, TrainConfig

__all__ = [
    "BUNDLED",
    "HUB_BASE",
    "HUB_DATASET",
    "AugmentConfig",
    "BaselineConfig",
    "EvaluateConfig",
    "HubAccess",
    "Output",
    "PredictConfig",
    "PublishConfig",
    "Recipe",
    "ReviewSource",
    "ScoresConfig",
    "SlangConfig",
    "SpaceSettings",
    "TrainConfig",
    "UploadModelConfig",
    "UploadSpaceConfig",
]
