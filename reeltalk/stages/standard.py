"""Stage 1: an encoder learns from labelled reviews."""

from dataclasses import asdict

from reeltalk.base_model import find_base
from reeltalk.config import TrainConfig
from reeltalk.extra_data import ExtraData, describe_extra, read_extra
from reeltalk.sources import (
    Hub,
    choose_base,
    choose_dataset,
    choose_extra_data,
    say_substitutes,
)
from reeltalk.splits import Splits, join, read_splits
from reeltalk.stages.running import Stage, prepare, run_stage
from reeltalk.terminal import say


def train_standard(config: TrainConfig) -> None:
    """Fine-tune an encoder on labelled reviews and write its measured model folder.

    Raises:
        ReelTalkError: for whatever the user can put right, before training begins.
    """
    hub = Hub()
    dataset = choose_dataset(config.source.dataset, hub)
    base_source = choose_base(config.base, hub)
    say_substitutes(hub, dataset, base_source)
    extra = read_extra(choose_extra_data(config.extra_data, hub)) if config.extra_data else None
    base = find_base(base_source)
    recipe = prepare(base, config.recipe, config.output)
    splits = read_splits(dataset, config.source, extra.reviews if extra else None)
    if extra is not None:
        say(describe_extra(extra, len(splits.extra)))
    learned = join(splits.train, splits.extra)
    run_stage(
        Stage(
            name="standard",
            base=base,
            recipe=recipe.for_rows(len(learned)),
            splits=splits,
            learned=learned,
            chosen_on=splits.validation,
            seed=config.source.seed,
            record={
                "columns": asdict(config.source),
                "reviews": splits.describe(),
                **_record(extra, splits),
            },
        ),
        config.output,
    )


def _record(extra: ExtraData | None, splits: Splits) -> dict[str, object]:
    """Give what run.json says of further reviews, if there are any."""
    if extra is None:
        return {}
    learned = {"learned": len(splits.extra), "sha256": splits.extra.sha256()}
    return {"extra_data": extra.describe() | learned}
