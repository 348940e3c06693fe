"""Reviews as training examples: truncated to head and tail, batched with others of their length."""

from collections.abc import Iterator

import numpy as np
import torch
from reeltalk_inference.tokens import ReviewTokenizer
from reeltalk_inference.windows import head_and_tail
from transformers import DataCollatorWithPadding, PreTrainedTokenizerFast

from reeltalk.reviews import Reviews

_ENCODE_ROWS = 1024


class Examples(torch.utils.data.Dataset):
    """Tokenized reviews, at most `max_tokens` long, special tokens included."""

    def __init__(
        self, reviews: Reviews, tokenizer: PreTrainedTokenizerFast, max_tokens: int
    ) -> None:
        """Tokenize all reviews; long ones keep their head and their tail."""
        reader = ReviewTokenizer(tokenizer.backend_tokenizer)
        size = max_tokens - reader.special_tokens
        self._labels = reviews.labels
        self._ids: list[np.ndarray] = []
        for start in range(0, len(reviews), _ENCODE_ROWS):
            self._ids += [
                reader.frame(head_and_tail(ids, size)).astype(np.int32)
                for ids in reader.encode(reviews.texts[start : start + _ENCODE_ROWS])
            ]
        self.lengths = np.array([len(ids) for ids in self._ids])

    def __len__(self) -> int:
        """Count the examples."""
        return len(self._ids)

    def __getitem__(self, position: int) -> dict[str, object]:
        """Give one example; the collator pads it."""
        return {"input_ids": self._ids[position].tolist(), "labels": self._labels[position]}


class LengthGroupedSampler(torch.utils.data.Sampler[int]):
    """Orders examples so that each optimizer step sees reviews of about one length.

    Shuffles, sorts by length within groups of `GROUP_STEPS` steps, cuts into steps, and shuffles
    the steps, so that a step's place in the epoch says nothing of its length. (The Trainer's own
    grouping leaves each group running from long to short.) The first epoch begins with the
    largest step: memory runs out at once or not at all. The order depends on seed and epoch
    alone, so a resumed run continues it, and several processes agree on it.
    """

    GROUP_STEPS = 50

    def __init__(self, lengths: np.ndarray, step_size: int, seed: int) -> None:
        """Take each example's length, the examples per optimizer step, and a seed."""
        self._lengths = lengths
        self._step_size = step_size
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        """Count the examples."""
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """Give positions in the order of this epoch; the last, smaller step stays last."""
        random = np.random.default_rng([self._seed, self.epoch])
        shuffled = random.permutation(len(self._lengths))
        group_size = self._step_size * self.GROUP_STEPS
        steps = []
        for start in range(0, len(shuffled), group_size):
            group = shuffled[start : start + group_size]
            group = group[np.argsort(-self._lengths[group], kind="stable")]
            steps += [group[i : i + self._step_size] for i in range(0, len(group), self._step_size)]
        whole = [step for step in steps if len(step) == self._step_size]
        rest = [step for step in steps if len(step) < self._step_size]
        order = random.permutation(len(whole)).tolist()
        if self.epoch == 0 and order:
            largest = max(order, key=lambda i: self._lengths[whole[i]].sum())
            order.remove(largest)
            order.insert(0, largest)
        for step in [whole[i] for i in order] + rest:
            yield from step.tolist()


def collator(tokenizer: PreTrainedTokenizerFast) -> DataCollatorWithPadding:
    """Pad each batch to its own longest review, rounded up to what the kernels like."""
    return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8)
