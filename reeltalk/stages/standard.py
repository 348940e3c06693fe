"""Stage 1: an encoder learns from labelled reviews."""

from dataclasses import asdict

from reeltalk.base_model import find_base
from reeltalk.config import TrainConfig
from reeltalk.sources import Hub, Source, choose_base, choose_dataset
from reeltalk.splits import read_splits
from reeltalk.stages.running import Stage, prepare, run_stage
from reeltalk.terminal import say

# Measured on IMDb's official test: README.md, "Results".
_ACCURACY_BUNDLED = "85"
_ACCURACY_FULL = "93"


def train_standard(config: TrainConfig) -> None:
    """Fine-tune an encoder on labelled reviews and write its measured model folder.

    Raises:
        ReelTalkError: for whatever the user can put right, before training begins.
    """
    hub = Hub()
    dataset = choose_dataset(config.source.dataset, hub)
    base_source = choose_base(config.base, hub)
    _say_fallback(config, dataset, base_source, hub)
    base = find_base(base_source)
    recipe = prepare(base, config.recipe, config.output)
    splits = read_splits(dataset, config.source)
    run_stage(
        Stage(
            name="standard",
            base=base,
            recipe=recipe,
            splits=splits,
            learned=splits.train,
            chosen_on=splits.validation,
            seed=config.source.seed,
            record={"columns": asdict(config.source), "reviews": splits.describe()},
        ),
        config.output,
    )


def _say_fallback(config: TrainConfig, dataset: Source, base: Source, hub: Hub) -> None:
    """Say in one line what stands in for what the Hub did not give, and what it costs."""
    instead = [
        f"the bundled {what}"
        for what, named, source in (
            ("reviews", config.source.dataset, dataset),
            ("encoder", config.base, base),
        )
        if named is None and source.kind == "bundled"
    ]
    if instead:
        say(
            f"the Hub ({hub.endpoint}) does not answer: using {' and '.join(instead)} instead; "
            f"with both, about {_ACCURACY_BUNDLED} % on IMDb's test, not {_ACCURACY_FULL} %"
        )
