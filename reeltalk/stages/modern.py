"""Stage 2: the stage-1 model learns modern slang, and must not forget its reviews."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
from reeltalk_inference import Predictor
from reeltalk_inference.model_config import READING_KEY

from reeltalk.base_model import encoder_shape, find_base, read_encoder_config
from reeltalk.config import AugmentConfig, ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.evaluation import Readings, read_all
from reeltalk.metrics import compare
from reeltalk.model_folder import CONFIG_FILE, RUN_FILE, WEIGHTS_FILE, read_json, sha256_of
from reeltalk.reports import flipped_lines
from reeltalk.reviews import Reviews
from reeltalk.slang import SEEN, SlangSet, put_aside, read_slang
from reeltalk.sources import Hub, Source, choose_dataset
from reeltalk.splits import Splits, draw, join, read_splits
from reeltalk.stages.running import Stage, prepare, run_stage
from reeltalk.terminal import say
from reeltalk.training.recipes import SLANG_RECIPES
from reeltalk.training.replay import Replay

# After 1,900 rows at the default rates, fire emoji alone are still read as mixed (54 %).
_ENOUGH_SLANG_ROWS = 3800

# Of the terms and of the templates; a tenth of the rows have one of either.
_ASIDE_SHARE = 0.05
_SLANG_VALIDATION_SHARE = 0.1
_MOST_SLANG_VALIDATION_ROWS = 500

# On few test reviews, a drop has to be more than chance as well as more than --max-drop.
_SIGNIFICANT = 0.05

_MOST_FLIPS_SHOWN = 10


@dataclass(frozen=True)
class Lessons:
    """What the second stage learns from.

    Attributes:
        learned: slang rows.
        chosen_on: stage 1's validation reviews, and slang rows with a term or a template that is
            not learnt.
    """

    learned: Reviews
    chosen_on: Reviews


def train_modern(config: AugmentConfig) -> None:
    """Continue stage 1 on slang with replayed reviews and write the measured model folder.

    Raises:
        ReelTalkError: for whatever the user can put right, before training begins; and
            afterwards if the model has forgotten too many reviews, with nothing replaced.
    """
    run = read_json(config.base / RUN_FILE)
    columns = ReviewSource(**run["columns"] | {"label_map": tuple(run["columns"]["label_map"])})
    base = find_base(Source("path", str(config.base)))
    window = read_json(config.base / CONFIG_FILE)[READING_KEY]["max_tokens"]
    wanted = replace(config.recipe, max_tokens=config.recipe.max_tokens or window)
    recipe = prepare(base, wanted, config.output)
    slang = read_slang(config.slang_file)
    dataset = choose_dataset(config.dataset or run["reviews"]["source"], Hub())
    splits = read_splits(dataset, columns)
    if config.dataset is None and splits.describe()["sha256"] != run["reviews"]["sha256"]:
        raise ReelTalkError(
            f"{splits.source} is not what {config.base} was trained on any more, so its test "
            "reviews may be among those learnt; run train_model.py again"
        )
    better = SLANG_RECIPES.get(encoder_shape(read_encoder_config(base)))
    if better is not None and recipe.learning_rate < better.learning_rate:
        say(
            f"note: {recipe.learning_rate:g} teaches this encoder little; having learnt IMDb, it "
            f"told {better.accuracy:g} % of held-out slang right ({better.accuracy_before:g} % "
            f"before) with --learning-rate {better.learning_rate:g} {better.others}"
        )
    lessons = choose_slang(slang, splits, config.slang_rows, columns.seed)
    run_stage(
        Stage(
            name="modern",
            base=base,
            recipe=recipe,
            splits=splits,
            learned=lessons.learned,
            chosen_on=lessons.chosen_on,
            seed=columns.seed,
            slang=slang,
            replay=Replay(splits.train, config.replay),
            emoji_learning_rate=config.emoji_learning_rate if config.emoji_tokens else None,
            gate=_forgetting_gate(config, splits.test),
            record={
                "columns": asdict(columns),
                "reviews": splits.describe(),
                "slang": {
                    "source": str(config.slang_file),
                    "sha256": sha256_of(config.slang_file),
                    "rows": len(lessons.learned),
                },
                "replay": config.replay,
                "emoji_tokens": config.emoji_tokens,
                "emoji_learning_rate": config.emoji_learning_rate,
                "standard_sha256": sha256_of(config.base / WEIGHTS_FILE),
            },
        ),
        config.output,
    )


def choose_slang(slang: SlangSet, splits: Splits, most: int | None, seed: int) -> Lessons:
    """Choose what the second stage learns and what it is chosen on.

    Args:
        slang: the slang set; its `seen` rows may be learnt.
        splits: stage 1's reviews.
        most: most rows to take; None: half as many as stage 1 had reviews, so that the second
            stage does not outweigh the first, but enough for emoji to be learnt.
        seed: seed of the choice.

    Raises:
        ReelTalkError: if there are no rows to learn from, or fewer than asked for.
    """
    learnt, aside = (part.of_split(SEEN) for part in put_aside(slang, _ASIDE_SHARE, seed))
    if not len(learnt):
        raise ReelTalkError(f"{slang.file}: no row of the split '{SEEN}' to learn from")
    if most is not None and most > len(learnt):
        raise ReelTalkError(
            f"--slang-rows {most} is more than the {len(learnt)} rows of {slang.file} that may be "
            f"learnt ({len(aside)} are what the model is chosen on); allowed: 20 to {len(learnt)}"
        )
    most = min(len(learnt), most or max(_ENOUGH_SLANG_ROWS, len(splits.train) // 2))
    checked = min(_MOST_SLANG_VALIDATION_ROWS, max(20, round(_SLANG_VALIDATION_SHARE * most)))
    return Lessons(_some(learnt, most, seed), join(splits.validation, _some(aside, checked, seed)))


def _some(reviews: Reviews, count: int, seed: int) -> Reviews:
    return draw(reviews, count / len(reviews), seed)[1] if count < len(reviews) else reviews


def _forgetting_gate(config: AugmentConfig, test: Reviews) -> Callable[[Readings], str]:
    """Make the check that the new model is not worse on the reviews of stage 1."""
    predictor = Predictor.from_folder(config.base)

    def check(after: Readings) -> str:
        before = read_all(predictor, test.texts, "reading with stage 1")
        outcome = compare(test.labels, before.positive, after.positive)
        gain = 100 * (outcome.only_second - outcome.only_first) / len(test)
        summary = (
            f"against stage 1 on its {len(test):,} test reviews: {gain:+.2f} points, "
            f"{outcome.only_first} right before and wrong now, {outcome.only_second} the other "
            f"way round, McNemar p = {outcome.p_value:.3g}"
        )
        if -gain > config.max_drop and outcome.p_value < _SIGNIFICANT:
            truth = np.array(test.labels) == 1
            lost = (before.positive >= 0.5) == truth
            lost &= (after.positive >= 0.5) != truth
            shown = np.flatnonzero(lost)[:_MOST_FLIPS_SHOWN]
            say("\n".join(flipped_lines(test, before, after, shown)))
            raise ReelTalkError(
                f"{summary}; more than --max-drop {config.max_drop:g}, so "
                f"{config.output.output_dir} is as it was; try a larger --replay or a smaller "
                "--learning-rate"
            )
        return summary

    return check
