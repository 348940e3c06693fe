"""Stage 1: an encoder learns from labelled reviews."""

from dataclasses import asdict

from reeltalk.base_model import find_base
from reeltalk.config import TrainConfig
from reeltalk.sources import Hub, choose_base, choose_dataset, say_substitutes
from reeltalk.splits import read_splits
from reeltalk.stages.running import Stage, prepare, run_stage


def train_standard(config: TrainConfig) -> None:
    """Fine-tune an encoder on labelled reviews and write its measured model folder.

    Raises:
        ReelTalkError: for whatever the user can put right, before training begins.
    """
    hub = Hub()
    dataset = choose_dataset(config.source.dataset, hub)
    base_source = choose_base(config.base, hub)
    say_substitutes(hub, dataset, base_source)
    base = find_base(base_source)
    recipe = prepare(base, config.recipe, config.output)
    splits = read_splits(dataset, config.source)
    run_stage(
        Stage(
            name="standard",
            base=base,
            recipe=recipe.for_rows(len(splits.train)),
            splits=splits,
            learned=splits.train,
            chosen_on=splits.validation,
            seed=config.source.seed,
            record={"columns": asdict(config.source), "reviews": splits.describe()},
        ),
        config.output,
    )
