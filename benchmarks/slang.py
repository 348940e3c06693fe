"""What each part of the second stage is worth: ablations, and the recipe that repeats sentences.

    python benchmarks/slang.py --base models/standard

Every variant continues the same stage-1 model with one thing changed, and is asked the same
held-out slang and the same sample of stage 1's test reviews. Models are read with torch, in the
precision they were trained in; nothing is exported or saved.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reeltalk.allocator import preload_allocator
from reeltalk.command_line import parse, run
from reeltalk.config import AugmentConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from reeltalk.training.hardware import Hardware

REPEATED_SENTENCES, REPETITIONS = 49, 100
REPEAT = "repeat-100"


@dataclass(frozen=True)
class BenchmarkConfig:
    """Compare variants of the second stage on held-out slang."""

    base: Path = Path("models/standard")
    """The stage-1 model folder that every variant continues."""
    slang_file: Path = Path("data/slang.csv")
    """The slang set."""
    slang_rows: int | None = None
    """Rows to learn; as many as augment_slang.py takes where it is not given."""
    test_rows: int = 2000
    """Reviews of stage 1's test split to measure what is forgotten on."""
    only: tuple[str, ...] = ()
    """Variants to run; all where it is not given."""


def variants() -> dict[str, AugmentConfig | None]:
    """Name every variant; None is stage 1 as it is."""
    ours = AugmentConfig()
    taught = replace(ours, recipe=replace(ours.recipe, learning_rate=5e-5))
    plain = replace(ours.recipe, label_smoothing=0.0)
    return {
        "stage 1 alone": None,
        "5e-6": ours,
        "5e-5": taught,
        "5e-5, no replay": replace(taught, replay=0.0),
        "5e-5, no emoji tokens": replace(taught, emoji_tokens=False),
        "5e-5, no literal twins": taught,
        "5e-5, emoji rows too": replace(taught, emoji_learning_rate=5e-5),
        REPEAT: replace(ours, replay=0.0, emoji_tokens=False, recipe=plain),
    }


def main() -> None:
    """Train and measure every variant, and print the table."""
    from reeltalk.metrics import compare
    from reeltalk.slang_scores import format_slang_scores

    config = parse(BenchmarkConfig)
    bench = _Bench(config)
    figures, before = {}, None
    for name, variant in variants().items():
        if config.only and name not in config.only and variant is not None:
            continue
        figures[name], positive = bench.measure(name, variant)
        before = positive if before is None else before
        outcome = compare(bench.test.labels, before, positive)
        gain = 100 * (outcome.only_second - outcome.only_first) / len(bench.test)
        print(
            f"{name}: held-out slang {100 * figures[name]['all']['accuracy']:.1f} %; on "
            f"{len(bench.test):,} test reviews {gain:+.2f} points, McNemar p = "
            f"{outcome.p_value:.2g}",
            flush=True,
        )
    print("\n" + "\n".join(format_slang_scores(figures)))


class _Bench:
    """The data that all variants share, and how one of them is trained and measured."""

    def __init__(self, config: BenchmarkConfig) -> None:
        from reeltalk.config import ReviewSource
        from reeltalk.model_folder import RUN_FILE, read_json
        from reeltalk.slang import read_slang
        from reeltalk.sources import Hub, choose_dataset
        from reeltalk.splits import draw, read_splits

        self._base = config.base
        self._slang_rows = config.slang_rows
        run = read_json(config.base / RUN_FILE)
        columns = run["columns"] | {"label_map": tuple(run["columns"]["label_map"])}
        source = choose_dataset(run["reviews"]["source"], Hub())
        self._splits = read_splits(source, ReviewSource(**columns))
        self._slang = read_slang(config.slang_file)
        share = min(1.0, config.test_rows / len(self._splits.test))
        self.test = draw(self._splits.test, share, 0)[1]

    def measure(self, name: str, variant: AugmentConfig | None) -> tuple[dict[str, Any], Any]:
        """Train one variant; give its slang figures and its answers to the test reviews."""
        from reeltalk_inference import Predictor
        from reeltalk_inference.model_config import READING_KEY, read_model_config
        from reeltalk_inference.tokens import ReviewTokenizer
        from reeltalk_inference.torch_engine import TorchEngine

        from reeltalk.base_model import find_base, load_base
        from reeltalk.evaluation import read_all
        from reeltalk.model_folder import CONFIG_FILE, read_json
        from reeltalk.slang_scores import measure_slang
        from reeltalk.sources import Source
        from reeltalk.training.hardware import find_hardware

        window = read_json(self._base / CONFIG_FILE)[READING_KEY]["max_tokens"]
        hardware = find_hardware("auto", "auto")
        base = find_base(Source("path", str(self._base)))
        model, tokenizer = load_base(base, window, 42, AugmentConfig().recipe.dropout)
        with tempfile.TemporaryDirectory() as folder:
            if variant is not None:
                self._train(name, variant, model, tokenizer, window, hardware, Path(folder))
            tokenizer.save_pretrained(folder)
            predictor = Predictor(
                ReviewTokenizer.from_file(Path(folder) / "tokenizer.json"),
                TorchEngine(model, hardware.precision),
                read_model_config(self._base / CONFIG_FILE),
            )
            figures = measure_slang(predictor, self._slang)
            return figures, read_all(predictor, self.test.texts, name).positive

    def _train(
        self,
        name: str,
        variant: AugmentConfig,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerFast",
        window: int,
        hardware: "Hardware",
        folder: Path,
    ) -> None:
        from reeltalk.base_model import encoder_shape
        from reeltalk.reviews import Reviews
        from reeltalk.slang import SEEN, SlangSet
        from reeltalk.stages.modern import choose_slang
        from reeltalk.stages.running import learn_emoji
        from reeltalk.training import fine_tune
        from reeltalk.training.recipes import resolve_recipe
        from reeltalk.training.replay import Replay

        slang = self._slang
        if name.endswith("no literal twins"):
            slang = SlangSet(slang.file, [r for r in slang.rows if r["kind"] != "literal"])
        lessons = choose_slang(slang, self._splits, self._slang_rows, 42)
        learned = lessons.learned
        if name == REPEAT:
            # The 49 sentences are our own: the first plain ones that may be learnt.
            plain = slang.pick(lambda row: row["split"] == SEEN and row["kind"] == "plain")
            few = plain.take(range(REPEATED_SENTENCES))
            learned = Reviews(few.texts * REPETITIONS, few.labels * REPETITIONS)
        recipe = resolve_recipe(
            replace(variant.recipe, max_tokens=window), encoder_shape(model.config), window
        )
        new_rows = None
        if variant.emoji_tokens:
            new_rows = learn_emoji(model, tokenizer, variant.emoji_learning_rate)
        fine_tune(
            model,
            tokenizer,
            learned,
            lessons.chosen_on,
            recipe,
            hardware,
            folder,
            42,
            None,
            new_rows,
            Replay(self._splits.train, variant.replay),
        )


if __name__ == "__main__":
    preload_allocator()
    run(main)
