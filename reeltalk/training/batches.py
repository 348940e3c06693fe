"""Reviews as training examples: truncated to head and tail, batched with others of their length."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from reeltalk_inference.tokens import ReviewTokenizer
from reeltalk_inference.windows import head_and_tail
from transformers import DataCollatorWithPadding, PreTrainedTokenizerFast

from reeltalk.reviews import Reviews

_ENCODE_ROWS = 1024


class Examples(torch.utils.data.Dataset):
    """Tokenized reviews, each with what is to be learnt of it.

    Attributes:
        ids: token ids of each, special tokens included.
        targets: probability of the positive class to be learnt, shape (examples,): 0 or 1 where
            somebody gave a label, what a model thought where it is to go on thinking it.
        lengths: tokens of each, shape (examples,).
    """

    def __init__(self, ids: Sequence[np.ndarray], targets: np.ndarray) -> None:
        """Take ids and targets, in step."""
        self.ids = list(ids)
        self.targets = targets.astype(np.float32)
        self.lengths = np.array([len(example) for example in ids])

    def __len__(self) -> int:
        """Count the examples."""
        return len(self.ids)

    def __getitem__(self, position: int) -> dict[str, object]:
        """Give one example; the collator pads it."""
        return {"input_ids": self.ids[position].tolist(), "labels": float(self.targets[position])}

    def followed_by(self, other: "Examples") -> "Examples":
        """Put two sets one after the other."""
        return Examples(self.ids + other.ids, np.concatenate([self.targets, other.targets]))


def labelled_examples(
    reviews: Reviews,
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
    label_smoothing: float = 0.0,
) -> Examples:
    """Tokenize labelled reviews to at most `max_tokens`; long ones keep their head and tail.

    Args:
        reviews: the reviews.
        tokenizer: the model's.
        max_tokens: most tokens, special tokens included.
        label_smoothing: what a label leaves open (Szegedy et al. 2016): 0.1 makes 0.95 of 1.
    """
    reader = ReviewTokenizer(tokenizer.backend_tokenizer)
    size = max_tokens - reader.special_tokens
    ids = [
        reader.frame(head_and_tail(review, size)).astype(np.int32)
        for review in token_ids(reviews, tokenizer)
    ]
    targets = np.array(reviews.labels, dtype=np.float32)
    return Examples(ids, targets * (1 - label_smoothing) + label_smoothing / 2)


def token_ids(reviews: Reviews, tokenizer: PreTrainedTokenizerFast) -> Iterator[np.ndarray]:
    """Yield each review's ids, whole and without special tokens."""
    reader = ReviewTokenizer(tokenizer.backend_tokenizer)
    for start in range(0, len(reviews), _ENCODE_ROWS):
        yield from reader.encode(reviews.texts[start : start + _ENCODE_ROWS])


@dataclass(frozen=True)
class Guests:
    """Examples of another kind, of which every optimizer step gets its share.

    Attributes:
        first: position of the first of them; all others are before it.
        per_step: how many each step gets.
        of_epoch: gives an epoch's, as positions counted from `first`: `per_step` for each step.
    """

    first: int
    per_step: int
    of_epoch: Callable[[int], np.ndarray]


class LengthGroupedSampler(torch.utils.data.Sampler[int]):
    """Orders examples so that each optimizer step sees reviews of about one length.

    Shuffles, sorts by length within groups of `GROUP_STEPS` steps, cuts into steps, and shuffles
    the steps, so that a step's place in the epoch says nothing of its length. (The Trainer's own
    grouping leaves each group running from long to short.) The first epoch begins with the
    largest step: memory runs out at once or not at all. The order depends on seed and epoch
    alone, so a resumed run continues it, and several processes agree on it.
    """

    GROUP_STEPS = 50

    def __init__(
        self,
        lengths: np.ndarray,
        step_size: int,
        seed: int,
        guests: Guests | None = None,
    ) -> None:
        """Take what decides the order.

        Args:
            lengths: tokens of each example, guests last.
            step_size: examples per optimizer step, guests included.
            seed: seed of the order.
            guests: what every step gets besides its own.
        """
        self._lengths = lengths
        self._step_size = step_size
        self._seed = seed
        self._guests = guests
        self.own_count = len(lengths) if guests is None else guests.first
        self._own_per_step = step_size if guests is None else step_size - guests.per_step
        self.epoch = 0

    def __len__(self) -> int:
        """Count the examples of an epoch."""
        steps = -(-self.own_count // self._own_per_step)
        return self.own_count + (self._guests.per_step * steps if self._guests else 0)

    def __iter__(self) -> Iterator[int]:
        """Give positions in the order of this epoch; the last, smaller step stays last."""
        random = np.random.default_rng([self._seed, self.epoch])
        steps = self._group(random, np.arange(self.own_count), self._own_per_step)
        if self._guests is not None:
            positions = self._guests.first + self._guests.of_epoch(self.epoch)
            guests = self._group(random, positions, self._guests.per_step)
            steps = self._together(steps, guests)
        whole = [step for step in steps if len(step) == self._step_size]
        rest = [step for step in steps if len(step) < self._step_size]
        order = random.permutation(len(whole)).tolist()
        if self.epoch == 0 and order:
            largest = max(order, key=lambda i: self._lengths[whole[i]].sum())
            order.remove(largest)
            order.insert(0, largest)
        for step in [whole[i] for i in order] + rest:
            yield from step.tolist()

    def _group(
        self, random: np.random.Generator, positions: np.ndarray, size: int
    ) -> list[np.ndarray]:
        """Shuffle positions and cut them into groups of `size` of about one length."""
        shuffled = random.permutation(positions)
        span = size * self.GROUP_STEPS
        groups = []
        for start in range(0, len(shuffled), span):
            part = shuffled[start : start + span]
            part = part[np.argsort(-self._lengths[part], kind="stable")]
            groups += [part[i : i + size] for i in range(0, len(part), size)]
        return groups

    def _together(self, steps: list[np.ndarray], guests: list[np.ndarray]) -> list[np.ndarray]:
        """Give long steps long guests, so that little is padded."""

        def longest_first(groups: list[np.ndarray]) -> list[np.ndarray]:
            return sorted(groups, key=lambda group: -self._lengths[group].mean())

        pairs = zip(longest_first(steps), longest_first(guests), strict=True)
        return [np.concatenate(pair) for pair in pairs]


def collator(tokenizer: PreTrainedTokenizerFast) -> DataCollatorWithPadding:
    """Pad each batch to its own longest review, rounded up to what the kernels like."""
    return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8)
