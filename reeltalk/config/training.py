"""The flags of the two training scripts."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reeltalk.config.parts import Flattened, require
from reeltalk.config.source import ReviewSource
from reeltalk.errors import ReelTalkError


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
    dropout: float | None = None
    """Dropout of the hidden layers and the head. Where it is not given: the encoder's own, or 0
    where there are enough reviews to do without."""
    batch_size: int = 16
    """Reviews per optimizer step on all devices together, before accumulation."""
    gradient_accumulation: int = 1
    """Batches whose gradients are summed before each optimizer step."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, about a third slower."""
    weight_decay: float = 0.01
    """AdamW's weight decay; none on biases and LayerNorm."""
    label_smoothing: float = 0.0
    """What a label leaves open: 0.1 has the model be 95 % sure of it, not 100 %."""
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
        require(rate is None or 0 < rate < 1, "--learning-rate", rate, "between 0 and 1")
        require(epochs is None or 0 < epochs <= 100, "--epochs", epochs, "above 0, at most 100")
        require(tokens is None or 16 <= tokens, "--max-tokens", tokens, "16 or more")
        dropout = self.dropout
        require(dropout is None or 0 <= dropout < 1, "--dropout", dropout, "0 to below 1")
        require(1 <= self.batch_size, "--batch-size", self.batch_size, "1 or more")
        count = self.gradient_accumulation
        require(1 <= count, "--gradient-accumulation", count, "1 or more")
        require(0 <= self.weight_decay < 1, "--weight-decay", self.weight_decay, "0 to below 1")
        smoothing = self.label_smoothing
        require(0 <= smoothing < 1, "--label-smoothing", smoothing, "0 to below 1")
        require(0 <= self.warmup < 1, "--warmup", self.warmup, "0 to below 1")
        require(0 <= self.head_epochs, "--head-epochs", self.head_epochs, "0 or more")
        rate = self.head_learning_rate
        require(0 < rate < 1, "--head-learning-rate", rate, "between 0 and 1")
        require(1 <= self.patience, "--patience", self.patience, "1 or more")
        known = re.fullmatch(r"none|encoder|all-but-last-\d+", self.freeze) is not None
        require(known, "--freeze", self.freeze, "none, encoder or all-but-last-N")


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
    extra_data: str | None = None
    """File, folder or Hub dataset of further reviews to learn from, which are never measured on:
    the Space's feedback, or columns text and label."""
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
    slang_rows: int | None = None
    """Slang rows to take; where it is not given, half as many as stage 1 had reviews, but 3,800 if
    there are that many."""
    replay: float = 0.33
    """Passages of stage-1 reviews mixed in, per slang row, of which the model is to go on thinking
    what it thinks; 0 replays nothing."""
    max_drop: float = 0.3
    """Points of accuracy on the stage-1 test that may be lost; beyond, nothing is saved."""
    emoji_tokens: bool = True
    """Make every emoji a token of its own."""
    emoji_learning_rate: float = 5e-4
    """Peak learning rate of the new tokens' embeddings."""
    recipe: Flattened[Recipe] = field(
        default_factory=lambda: Recipe(
            learning_rate=5e-6, epochs=2.0, dropout=0.0, label_smoothing=0.1
        )
    )
    output: Flattened[Output] = field(default_factory=lambda: Output(Path("models/modern")))

    def __post_init__(self) -> None:
        """Check ranges."""
        rows = self.slang_rows
        require(rows is None or 20 <= rows, "--slang-rows", rows, "20 or more")
        require(0 <= self.replay <= 10, "--replay", self.replay, "0 to 10")
        require(0 <= self.max_drop <= 100, "--max-drop", self.max_drop, "0 to 100")
        rate = self.emoji_learning_rate
        require(0 < rate < 1, "--emoji-learning-rate", rate, "between 0 and 1")
