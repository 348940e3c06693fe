"""The flags of python -m reeltalk's commands."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reeltalk.config.parts import Flattened, Positional, require
from reeltalk.config.source import ReviewSource
from reeltalk.errors import ReelTalkError


@dataclass(frozen=True)
class PredictConfig:
    """Score reviews: a text, standard input, or CSV, TSV, JSONL and parquet files."""

    files: Positional[tuple[str, ...]] = ()
    """Files of reviews, folders of them, patterns in quotes ('reviews/*.parquet'), or URLs of any
    of these (s3://...); '-' or nothing: standard input, one review per line."""
    text: str | None = None
    """One review to score."""
    model: Path | None = None
    """Model folder; where it is not given: models/modern, else models/standard."""
    text_column: str = "text"
    """Column of the file that holds the review."""
    out: Path | None = None
    """File to write, in the format of the input; NAME.scored.EXT where it is not given. For
    several inputs the folder that gets a file for each; those that are finished are skipped."""
    json: bool = False
    """Print JSON for --text."""
    threads: int | None = None
    """Cores to use; all that this process may use, or the cluster has, where it is not given. With
    --engine ray, how many actors there may be."""
    device: Literal["cpu", "gpu"] = "cpu"
    """cpu: the int8 file, which is what the Space reads with. gpu: the trained weights, by torch in
    the fastest arithmetic that the GPU has; about one verdict in a hundred differs."""
    engine: Literal["local", "ray"] = "local"
    """local: this process. ray: Ray Data, an actor per core or GPU, on this machine or a
    cluster."""
    ray_address: str | None = None
    """HOST:PORT of a Ray cluster that this machine is part of; where it is not given, --engine ray
    starts Ray on this machine alone."""

    def __post_init__(self) -> None:
        """Check ranges and combinations."""
        require(self.threads is None or self.threads >= 1, "--threads", self.threads, "1 or more")
        if self.text is not None and self.files:
            raise ReelTalkError("--text and a file were both given; score one or the other")
        if "-" in self.files and len(self.files) > 1:
            raise ReelTalkError("'-' is standard input, which is scored alone; leave out the files")
        scores_files = bool(self.files) and self.files != ("-",)
        if self.out is not None and not scores_files:
            raise ReelTalkError("--out goes with a file of reviews; redirect the output instead")
        if self.engine == "ray" and not scores_files:
            raise ReelTalkError("--engine ray scores files; name some, or leave it out")
        if self.device == "gpu" and self.engine == "local" and self.threads is not None:
            raise ReelTalkError(
                f"--threads {self.threads} counts cores, and --device gpu uses none; leave one out"
            )
        address = self.ray_address
        if address is not None and self.engine != "ray":
            raise ReelTalkError(f"--ray-address {address} goes with --engine ray; add it")
        is_place = address is None or re.fullmatch(r"[\w.-]+:\d{1,5}", address) is not None
        require(is_place, "--ray-address", address, "HOST:PORT, as in 10.0.0.5:6379")


@dataclass(frozen=True)
class EvaluateConfig:
    """Measure one model folder on labelled reviews, or compare two."""

    models: Positional[tuple[Path, ...]]
    """One model folder, or two to compare."""
    source: Flattened[ReviewSource] = field(default_factory=ReviewSource)
    split: Literal["test", "validation", "train", "all"] = "test"
    """Split to measure on; 'all' takes every row of a set that was not trained on."""
    precision: Literal["int8", "fp32"] = "int8"
    """Which exported file to run; int8 is what users get where the folder has it."""
    mistakes: Path | None = None
    """Write the wrong verdicts to this CSV, most confident first."""
    flips: Path | None = None
    """With two folders: write every review whose verdict flipped to this CSV."""
    out: Path | None = None
    """Write all figures to this JSON file."""
    threads: int | None = None
    """Cores to use; all that this process may use where it is not given."""

    def __post_init__(self) -> None:
        """Check ranges and combinations."""
        require(self.threads is None or self.threads >= 1, "--threads", self.threads, "1 or more")
        if self.flips is not None and len(self.models) != 2:
            raise ReelTalkError("--flips compares two models; give two model folders")
        require(1 <= len(self.models) <= 2, "model folders", len(self.models), "1 or 2")


@dataclass(frozen=True)
class BaselineConfig:
    """Train and measure the baseline: TF-IDF of words and word pairs, logistic regression."""

    source: Flattened[ReviewSource] = field(default_factory=ReviewSource)
    word_model: Path = Path("models/word_model.json")
    """Where the small word model goes, which runs with no download."""
    word_model_terms: int = 24_000
    """Terms that the word model keeps; 24,000 stay under 1 MB."""

    def __post_init__(self) -> None:
        """Check ranges."""
        count = self.word_model_terms
        require(count >= 100, "--word-model-terms", count, "100 or more")


@dataclass(frozen=True)
class ScoresConfig:
    """Print one table of the trained models' own measurements."""

    models: tuple[Path, ...] = (Path("models/standard"), Path("models/modern"))
    """Model folders."""


@dataclass(frozen=True)
class SlangConfig:
    """Build data/slang.csv from its sources, check all of them, or score models on it."""

    action: Positional[Literal["build", "check", "score"]]
    """build: write the set anew; check: name file, line and value of whatever is wrong; score:
    print how models read the held-out rows."""
    models: tuple[Path, ...] = (Path("models/standard"), Path("models/modern"))
    """Model folders to score."""
    terms_file: Path = Path("data/slang_terms.csv")
    """Terms: term, polarity, part_of_speech, origin, strength, literal."""
    parts_dir: Path = Path("data/slang_parts")
    """Folder of the other sources: templates, slot fillings, plain words, literal twins."""
    slang_file: Path = Path("data/slang.csv")
    """The set: text, label, term, template, kind, split."""
    seed: int = 42
    """Seed of every choice; the same seed writes the same file."""
