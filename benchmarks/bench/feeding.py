"""Reviews to padded batches of token ids, for engines that take tensors. Knows no engine."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

MOST_TOKENS = 512
TOKENS_PER_BATCH = 4096
"""The size that served torch best on a CPU (deployment/reeltalk_inference/torch_engine.py)."""

POSITIVE = 1
"""The column of POSITIVE; `inference.py` checks that the model has it there."""

Run = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Tokens:
    """A model folder's tokenizer, truncating at 512 tokens."""

    def __init__(self, folder: Path) -> None:
        """Read tokenizer.json."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_TOKENS)

    def __call__(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Give each review's ids (int64), special tokens included."""
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]


class Cutter:
    """Cuts text at 512 tokens, for engines that take text and do not truncate it."""

    def __init__(self, folder: Path) -> None:
        """Read tokenizer.json."""
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._most = MOST_TOKENS - self._tokenizer.num_special_tokens_to_add(is_pair=False)

    def __call__(self, text: str) -> str:
        """Give the text up to its last token that is read."""
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        return text if len(offsets) <= self._most else text[: offsets[self._most - 1][1]]


def score_in_batches(ids: Sequence[np.ndarray], run: Run) -> list[float]:
    """Score reviews, longest first, in padded batches; give probabilities in the order of `ids`."""
    order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
    probabilities = [0.0] * len(ids)
    start = 0
    while start < len(order):
        room = max(1, TOKENS_PER_BATCH // len(ids[order[start]]))
        batch = order[start : start + room]
        scores = positive(run(*padded([ids[i] for i in batch])))
        for i, score in zip(batch, scores, strict=True):
            probabilities[i] = score
        start += room
    return probabilities


def padded(ids: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Give ids and attention mask, both of shape (reviews, longest)."""
    batch = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
    mask = np.zeros_like(batch)
    for row, review in enumerate(ids):
        batch[row, : len(review)] = review
        mask[row, : len(review)] = 1
    return batch, mask


def positive(logits: np.ndarray) -> list[float]:
    """Give the probability of POSITIVE of each row of logits."""
    margin = logits[:, POSITIVE].astype(np.float64) - logits[:, 1 - POSITIVE]
    return (0.5 * (1 + np.tanh(margin / 2))).tolist()
