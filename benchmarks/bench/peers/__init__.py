"""What an engine tells the benchmark. Each engine is a file here; a new file is a new engine.

A file holds
- PACKAGES: what its process imports first, which is timed;
- ENVIRONMENT: "own" for the project's packages, or the name of a benchmarks/NAME.txt;
- VARIANTS: how it is run, by the name that the tables show;
- load(folder, made, variant, threads): gives a function from reviews to the probabilities that
  they are positive, and the file (or folder) that holds the weights it reads;
- if it reads another format, make(folder, made, texts): writes that into `made`; texts are what
  may be calibrated on.

It imports nothing but the standard library at its top, since the benchmark's own process reads
it without the engine's packages.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

Score = Callable[[Sequence[str]], list[float]]

FIRST_512 = "first 512"
WHOLE = "whole"

NAIVE = "transformers.pipeline, one by one"
"""What every throughput is given as a multiple of."""


@dataclass(frozen=True)
class Variant:
    """One way to run an engine.

    Attributes:
        precision: number type of its matrix products: "fp32", "bf16" or "int8".
        reads: how much of a review: FIRST_512 (tokens) or WHOLE, in the model's own windows.
        batch_size: reviews per batch, where the engine is told.
    """

    precision: str
    reads: str = FIRST_512
    batch_size: int = 1


def engine_names() -> list[str]:
    """Name the files of this folder."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_engine(name: str) -> ModuleType:
    """Import an engine's file."""
    return importlib.import_module(f"{__name__}.{name}")
