"""Every flag, its default and its help: one frozen dataclass per command.

tyro builds the command lines from these; the trained model's run.json keeps the values. Checks
here are those that need no file and no network; where a default is None, the value depends on
the encoder or on the surroundings and is decided, and said, when the run is planned.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import tyro

from reeltalk.errors import ReelTalkError

HUB_DATASET = "stanfordnlp/imdb"
HUB_BASE = "distilbert/distilbert-base-uncased"
BUNDLED = "bundled"

Value = TypeVar("Value")
Positional = Annotated[Value, tyro.conf.Positional]
Flattened = Annotated[Value, tyro.conf.OmitArgPrefixes]


@dataclass(frozen=True)
class ReviewSource:
    """Where labelled reviews come from, and what their columns mean."""

    dataset: str | None = None
    """Hub id, file or folder (parquet, CSV, JSONL), or 'bundled'. Where it is not given:
    stanfordnlp/imdb, or the bundled reviews if the Hub does not answer."""
    text_column: str = "text"
    """Column that holds the review."""
    label_column: str = "label"
    """Column that holds the label: 0/1, neg/pos or negative/positive."""
    label_map: tuple[str, ...] = ()
    """What other label values mean, as VALUE=negative, VALUE=positive or VALUE=drop."""
    subset: int | None = None
    """Use at most this many reviews of each split, balanced; for a quick try."""
    seed: int = 42
    """Seed of every random choice: splits, order of reviews, new weights."""

    def __post_init__(self) -> None:
        """Check ranges."""
        if self.subset is not None:
            _require(self.subset >= 20, "--subset", self.subset, "20 or more")
        _require(self.seed >= 0, "--seed", self.seed, "0 or more")
        for entry in self.label_map:
            meaning = entry.rpartition("=")[2]
            known = "=" in entry and meaning in ("negative", "positive", "drop")
            _require(known, "--label-map", entry, "VALUE=negative, VALUE=positive or VALUE=drop")


@dataclass(frozen=True)
class Recipe:
    """How an encoder is fine-tuned. None: the encoder's measured value."""

    learning_rate: float | None = None
    """Peak learning rate, reached after the warm-up; decays linearly to 0."""
    epochs: float | None = None
    """Passes over the training reviews."""
    max_tokens: int | None = None
    """Tokens of a review that training sees: its head and its tail. Also the window in which
    the model later reads longer reviews."""
    batch_size: int = 16
    """Reviews per optimizer step on all devices together, before accumulation."""
    gradient_accumulation: int = 1
    """Batches whose gradients are summed before each optimizer step."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, about a third slower."""
    weight_decay: float = 0.01
    """AdamW's weight decay; none on biases and LayerNorm."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises."""
    freeze: str = "none"
    """What is not trained: 'none', 'encoder' (only the head learns) or 'all-but-last-N'
    (the head and the last N layers learn)."""
    head_epochs: float = 0.0
    """Epochs at the start in which only the head learns, before --freeze takes effect."""
    head_learning_rate: float = 1e-3
    """Learning rate of the head in those epochs."""
    patience: int = 2
    """Evaluations without a better validation macro F1 before training stops early."""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Arithmetic of the matrix products; 'auto' takes the fastest that the device has."""
    device: Literal["auto", "cpu"] = "auto"
    """'auto' takes a GPU where there is one."""
    report_to: Literal["none", "tensorboard", "trackio"] = "none"
    """Where the training curves go besides the terminal."""

    def __post_init__(self) -> None:
        """Check ranges."""
        rate, epochs, tokens = self.learning_rate, self.epochs, self.max_tokens
        _require(rate is None or 0 < rate < 1, "--learning-rate", rate, "between 0 and 1")
        _require(epochs is None or 0 < epochs <= 100, "--epochs", epochs, "above 0, at most 100")
        _require(tokens is None or 16 <= tokens, "--max-tokens", tokens, "16 or more")
        _require(1 <= self.batch_size, "--batch-size", self.batch_size, "1 or more")
        count = self.gradient_accumulation
        _require(1 <= count, "--gradient-accumulation", count, "1 or more")
        _require(0 <= self.weight_decay < 1, "--weight-decay", self.weight_decay, "0 to below 1")
        _require(0 <= self.warmup < 1, "--warmup", self.warmup, "0 to below 1")
        _require(0 <= self.head_epochs, "--head-epochs", self.head_epochs, "0 or more")
        rate = self.head_learning_rate
        _require(0 < rate < 1, "--head-learning-rate", rate, "between 0 and 1")
        _require(1 <= self.patience, "--patience", self.patience, "1 or more")
        known = re.fullmatch(r"none|encoder|all-but-last-\d+", self.freeze) is not None
        _require(known, "--freeze", self.freeze, "none, encoder or all-but-last-N")


@dataclass(frozen=True)
class Output:
    """Where a stage's model folder goes, and what becomes of an unfinished run."""

    output_dir: Path
    """Model folder to write; replaced in one step when everything has succeeded."""
    resume: bool = False
    """Continue the unfinished run of this output folder, if there is one."""
    restart: bool = False
    """Discard the unfinished run of this output folder, if there is one."""

    def __post_init__(self) -> None:
        """Refuse contradictions."""
        if self.resume and self.restart:
            raise ReelTalkError("--resume and --restart were both given; choose one")


@dataclass(frozen=True)
class TrainConfig:
    """Fine-tune an encoder on labelled reviews: stage 1, models/standard."""

    source: Flattened[ReviewSource] = field(default_factory=ReviewSource)
    base: str | None = None
    """Encoder to start from: Hub id, model folder, or 'bundled'. Where it is not given:
    distilbert/distilbert-base-uncased, or the bundled encoder if the Hub does not answer."""
    recipe: Flattened[Recipe] = field(default_factory=Recipe)
    output: Flattened[Output] = field(default_factory=lambda: Output(Path("models/standard")))


@dataclass(frozen=True)
class AugmentConfig:
    """Continue stage 1 on modern slang: stage 2, models/modern."""

    base: Path = Path("models/standard")
    """The stage-1 model folder to continue."""
    slang_file: Path = Path("data/slang.csv")
    """The slang set: text, label, term, template, kind, split."""
    dataset: str | None = None
    """Reviews to replay and to guard; where it is not given, those of stage 1."""
    replay: float = 1.0
    """Stage-1 reviews mixed in, per slang row."""
    max_drop: float = 0.3
    """Points of accuracy on the stage-1 test that may be lost; beyond, nothing is saved."""
    recipe: Flattened[Recipe] = field(
        default_factory=lambda: Recipe(learning_rate=5e-6, epochs=2.0)
    )
    output: Flattened[Output] = field(default_factory=lambda: Output(Path("models/modern")))

    def __post_init__(self) -> None:
        """Check ranges."""
        _require(0 <= self.replay <= 100, "--replay", self.replay, "0 to 100")
        _require(0 <= self.max_drop <= 100, "--max-drop", self.max_drop, "0 to 100")


@dataclass(frozen=True)
class PredictConfig:
    """Score reviews: a text, standard input, or a CSV, TSV, JSONL or parquet file."""

    file: Positional[Path | None] = None
    """File of reviews; '-' or nothing: standard input, one review per line."""
    text: str | None = None
    """One review to score."""
    model: Path | None = None
    """Model folder; where it is not given: models/modern, else models/standard."""
    text_column: str = "text"
    """Column of the file that holds the review."""
    out: Path | None = None
    """File to write, in the format of the input; NAME.scored.EXT where it is not given."""
    json: bool = False
    """Print JSON for --text."""
    threads: int | None = None
    """Cores to use; all that this process may use where it is not given."""

    def __post_init__(self) -> None:
        """Check ranges and combinations."""
        _require(self.threads is None or self.threads >= 1, "--threads", self.threads, "1 or more")
        if self.text is not None and self.file is not None:
            raise ReelTalkError("--text and a file were both given; score one or the other")


@dataclass(frozen=True)
class EvaluateConfig:
    """Measure one model folder on labelled reviews, or compare two."""

    models: Positional[tuple[Path, ...]]
    """One model folder, or two to compare."""
    source: Flattened[ReviewSource] = field(default_factory=ReviewSource)
    split: Literal["test", "validation", "train"] = "test"
    """Split to measure on."""
    precision: Literal["int8", "fp32"] = "int8"
    """Which exported file to run; int8 is what users get where the folder has it."""
    mistakes: Path | None = None
    """Write the wrong verdicts to this CSV, most confident first."""
    out: Path | None = None
    """Write all figures to this JSON file."""
    threads: int | None = None
    """Cores to use; all that this process may use where it is not given."""

    def __post_init__(self) -> None:
        """Check the number of folders."""
        _require(1 <= len(self.models) <= 2, "model folders", len(self.models), "1 or 2")


@dataclass(frozen=True)
class BaselineConfig:
    """Train and measure the baseline: TF-IDF of words and word pairs, logistic regression."""

    source: Flattened[ReviewSource] = field(default_factory=ReviewSource)
    word_model: Path = Path("models/word_model.json")
    """Where the small word model goes, which runs with no download."""
    word_model_terms: int = 24_000
    """Terms that the word model keeps; 24,000 stay under 1 MB."""


@dataclass(frozen=True)
class ScoresConfig:
    """Print one table of the trained models' own measurements."""

    models: tuple[Path, ...] = (Path("models/standard"), Path("models/modern"))
    """Model folders."""


@dataclass(frozen=True)
class SlangConfig:
    """Build data/slang.csv from data/slang_terms.csv, or check both."""

    action: Positional[Literal["build", "check"]]
    """build: write the set anew; check: name file, line and value of whatever is wrong."""
    terms_file: Path = Path("data/slang_terms.csv")
    """Terms: term, polarity, part_of_speech, origin, strength, literal."""
    slang_file: Path = Path("data/slang.csv")
    """The set: text, label, term, template, kind, split."""
    seed: int = 42
    """Seed of every choice; the same seed writes the same file."""


def _require(condition: bool, flag: str, value: object, allowed: str) -> None:
    """Refuse a value outside its range, naming the flag, the value and the range."""
    if not condition:
        raise ReelTalkError(f"{flag} {value} is out of range; allowed: {allowed}")
