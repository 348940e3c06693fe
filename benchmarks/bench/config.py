"""The flags of benchmarks/inference.py."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bench.peers import engine_names
from reeltalk.config.parts import Positional, require

Section = Literal["model", "shape", "growth", "gpu", "training"]
ALL: tuple[Section, ...] = ("model", "shape", "growth", "gpu", "training")
QUICK = ("model", "growth", "gpu")


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure reading speed, its limits and how it grows."""

    model: Positional[Path | None] = None
    """Model folder; by default models/modern, or else models/standard."""
    dataset: str | None = None
    """Hub id, file or folder of reviews, or 'bundled'; IMDb where the Hub answers."""
    reviews: int = 2000
    """Test reviews that every engine reads with the trained model, over all rounds."""
    shape_reviews: int = 100
    """The same with the DistilBERT shape, which is four times as slow."""
    rounds: int = 5
    """Rounds; the reviews are dealt out to them."""
    calls: int = 6
    """Reviews of each length that are asked for singly in each round."""
    rows: tuple[int, ...] = (100, 1000, 10_000, 100_000)
    """Rows of the files that are scored; 1,000,000 take about half an hour."""
    engines: tuple[str, ...] = ()
    """Files of bench/peers to measure; all where it is not given."""
    sections: tuple[Section, ...] = ALL
    """What to measure."""
    quick: bool = False
    """A few minutes: few reviews, two rounds, no DistilBERT shape, no training."""
    out: Path | None = None
    """Markdown file whose results are replaced; made if it is not there."""

    def __post_init__(self) -> None:
        """Check ranges and names."""
        for flag, value in (("--rounds", self.rounds), ("--calls", self.calls)):
            require(value >= 1, flag, value, "1 or more")
        unknown = sorted(set(self.engines) - set(engine_names()))
        known = ", ".join(engine_names())
        require(not unknown, "--engines", ", ".join(unknown), known)

    def shortened(self) -> "BenchmarkConfig":
        """Give what --quick measures of this."""
        return replace(
            self,
            reviews=min(self.reviews, 80),
            rounds=min(self.rounds, 2),
            calls=min(self.calls, 4),
            rows=tuple(rows for rows in self.rows if rows <= 1000),
            sections=tuple(section for section in self.sections if section in QUICK),
        )
