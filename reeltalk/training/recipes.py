"""The measured recipe of each encoder: what a None in `Recipe` stands for."""

from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from reeltalk.config import Recipe
from reeltalk.errors import ReelTalkError


class Measured(NamedTuple):
    """What training an encoder on reviews is best done with."""

    learning_rate: float
    epochs: float
    max_tokens: int
    no_dropout_from: int | None = None
    """Training rows from which hidden dropout costs time and brings nothing. 22,864 do without
    it and 3,782 do not (benchmarks/training.md); where between them it turns was not measured."""


FIELD_DEFAULTS = Measured(learning_rate=2e-5, epochs=3.0, max_tokens=512)
"""What the field uses for DistilBERT on IMDb (Sanh et al. 2019; Sun et al. 2019)."""

MEASURED = {
    "bert-6x384": Measured(learning_rate=5e-5, epochs=2.0, max_tokens=256, no_dropout_from=20_000),
}
"""Better values where they were measured, by `base_model.encoder_shape`: benchmarks/training.md."""


class SlangRecipe(NamedTuple):
    """A recipe that teaches an encoder more slang than the second stage's defaults do.

    Attributes:
        learning_rate: its rate.
        others: its other flags, as they are typed.
        accuracy: percent of the held-out rows of data/slang.csv it then told right.
        accuracy_before: the same of stage 1 (benchmarks/slang.md).
    """

    learning_rate: float
    others: str
    accuracy: float
    accuracy_before: float


SLANG_RECIPES = {
    "bert-6x384": SlangRecipe(
        5e-5,
        "--epochs 3 --replay 0.5 --label-smoothing 0.25 --slang-rows 13419",
        accuracy=84,
        accuracy_before=57,
    )
}
"""By `base_model.encoder_shape`, where it was measured."""


@dataclass(frozen=True)
class ResolvedRecipe(Recipe):
    """A recipe in which nothing is left open but an encoder's own dropout."""

    learning_rate: float = 0.0
    epochs: float = 0.0
    max_tokens: int = 0
    no_dropout_from: int | None = None

    def for_rows(self, rows: int) -> "ResolvedRecipe":
        """Settle the dropout by how many rows there are to learn from."""
        enough = self.no_dropout_from is not None and rows >= self.no_dropout_from
        return replace(self, dropout=0.0) if enough and self.dropout is None else self


def resolve_recipe(recipe: Recipe, shape: str, most_tokens: int) -> ResolvedRecipe:
    """Fill what the user left open with the encoder's measured values.

    Raises:
        ReelTalkError: if --max-tokens is more than the encoder has positions for.
    """
    measured = MEASURED.get(shape, FIELD_DEFAULTS)
    wanted = {name: value for name, value in asdict(recipe).items() if value is not None}
    resolved = ResolvedRecipe(
        **measured._asdict() | {"max_tokens": min(measured.max_tokens, most_tokens)} | wanted
    )
    if resolved.head_epochs >= resolved.epochs:
        raise ReelTalkError(
            f"--head-epochs {resolved.head_epochs:g} leaves none of {resolved.epochs:g} epochs to "
            "the encoder; allowed: fewer than --epochs (to train the head alone: --freeze encoder)"
        )
    if resolved.max_tokens > most_tokens:
        raise ReelTalkError(
            f"--max-tokens {resolved.max_tokens} is more than the encoder reads; "
            f"allowed: 16 to {most_tokens}"
        )
    return resolved
