"""python -m reeltalk: score, measure, compare and publish what the scripts train."""

from collections.abc import Callable
from typing import Any

from reeltalk.command_line import parse_command, run
from reeltalk.config import (
    BaselineConfig,
    EvaluateConfig,
    PredictConfig,
    PublishConfig,
    ScoresConfig,
    SlangConfig,
)

COMMANDS: dict[str, Callable[..., Any]] = {
    "predict": PredictConfig,
    "evaluate": EvaluateConfig,
    "scores": ScoresConfig,
    "baseline": BaselineConfig,
    "slang": SlangConfig,
    "publish": PublishConfig,
}


def main() -> None:
    """Run the command named first; import only what it needs."""
    config = parse_command(COMMANDS, "python -m reeltalk")
    if isinstance(config, PredictConfig):
        from reeltalk.prediction import predict

        predict(config)
    elif isinstance(config, EvaluateConfig):
        from reeltalk.reports import evaluate_models

        evaluate_models(config)
    elif isinstance(config, BaselineConfig):
        from reeltalk.baseline import train_baseline

        train_baseline(config)
    elif isinstance(config, ScoresConfig):
        from reeltalk.reports import print_scores

        print_scores(config)
    elif isinstance(config, PublishConfig):
        _publish(config)
    elif config.action == "score":
        from reeltalk.slang_scores import print_slang_scores

        print_slang_scores(config)
    else:
        from reeltalk.slang import build_slang

        build_slang(config)


def _publish(config: PublishConfig) -> None:
    from reeltalk.hub import print_status, publish_all, rollback, verify

    actions = {"all": publish_all, "verify": verify, "status": print_status, "rollback": rollback}
    actions[config.action](config)


if __name__ == "__main__":
    run(main)
