"""The reviews that are measured on: read, dealt out to rounds, and cut to a number of tokens."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from reeltalk_inference.model_config import read_model_config
from reeltalk_inference.windows import window_starts
from tokenizers import Tokenizer

from bench.feeding import MOST_TOKENS
from bench.limits import Encoder
from bench.peers import FIRST_512
from reeltalk.config import ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews
from reeltalk.sources import Hub, choose_dataset
from reeltalk.splits import read_splits

SEED = 0


@dataclass(frozen=True)
class TestReviews:
    """What is measured on.

    Attributes:
        reviews: in an order of chance.
        name: the set, as --dataset takes it.
        where: the words for where they are from.
    """

    reviews: Reviews
    name: str
    where: str


def read_test(dataset: str | None, most: int) -> TestReviews:
    """Give up to `most` test reviews.

    Raises:
        ReelTalkError: if the set cannot be read.
    """
    hub = Hub()
    source = choose_dataset(dataset, hub)
    test = read_splits(source, ReviewSource(source.name)).test
    order = np.random.default_rng(SEED).permutation(len(test))[:most]
    where = f"the test split of {source.name}"
    if source.kind == "bundled":
        where = "the test split of the bundled data/reviews.csv"
    if source.substituted:
        where += f", since the Hub ({hub.endpoint}) does not answer"
    return TestReviews(test.take(order.tolist()), source.name, where)


def deal(texts: Sequence[str], rounds: int) -> list[list[str]]:
    """Deal reviews out to rounds, as evenly as they go; none is left out.

    Raises:
        ReelTalkError: if there are fewer reviews than rounds.
    """
    if len(texts) < rounds:
        raise ReelTalkError(
            f"{len(texts)} reviews are too few for {rounds} rounds; lower --rounds or raise "
            "--reviews"
        )
    bounds = [round(number * len(texts) / rounds) for number in range(rounds + 1)]
    return [list(texts[start:end]) for start, end in itertools.pairwise(bounds)]


class Ruler:
    """Counts a model's tokens, and cuts reviews to a number of them."""

    def __init__(self, folder: Path) -> None:
        """Read the model folder's tokenizer and windows."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._config = read_model_config(folder / "config.json")
        self._encoder = Encoder.from_folder(folder)
        self._frame = self._tokenizer.num_special_tokens_to_add(is_pair=False)

    def windows(self, text: str, reads: str) -> list[int]:
        """Give the tokens of each window, special ones included, that reading a review takes."""
        tokens = len(self._tokenizer.encode(text, add_special_tokens=False).ids)
        if reads == FIRST_512:
            return [min(tokens + self._frame, MOST_TOKENS)]
        size = self._config.max_tokens - self._frame
        starts = window_starts(tokens, size, min(self._config.stride, size))
        return [min(size, tokens) + self._frame for _ in starts]

    def operations(self, texts: Sequence[str], reads: str) -> int:
        """Count the encoder's operations for reading reviews."""
        return sum(
            self._encoder.operations(tokens)
            for text in texts
            for tokens in self.windows(text, reads)
        )

    def texts_of(self, tokens: int, sources: Sequence[str], count: int) -> list[str]:
        """Cut `count` texts of `tokens` tokens, special ones included, from reviews.

        Reviews too short for one are joined with those that follow. Cut text can tokenize into
        one token more or less at its end.
        """
        wanted = tokens - self._frame
        endless = itertools.cycle(sources)
        made = []
        for _ in range(count):
            text = next(endless)
            encoding = self._tokenizer.encode(text, add_special_tokens=False)
            while len(encoding.ids) < wanted:
                text += " " + next(endless)
                encoding = self._tokenizer.encode(text, add_special_tokens=False)
            made.append(text[: encoding.offsets[wanted - 1][1]])
        return made
