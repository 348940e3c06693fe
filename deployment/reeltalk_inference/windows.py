"""How a review longer than the model's limit is cut, and how its windows' answers are pooled."""

import numpy as np


def window_starts(tokens: int, size: int, stride: int) -> list[int]:
    """Give the first token of each window over a review of `tokens` tokens.

    The last window ends with the review and is as long as the others, since endings decide
    verdicts and a short last window would read its ending without context.

    Raises:
        ValueError: unless 0 < stride <= size.
    """
    if not 0 < stride <= size:
        raise ValueError(f"need 0 < stride <= size, not stride {stride} and size {size}")
    if tokens <= size:
        return [0]
    return [*range(0, tokens - size, stride), tokens - size]


def head_and_tail(ids: np.ndarray, size: int, head_share: float = 0.25) -> np.ndarray:
    """Keep the beginning and the end of `ids` (shape (tokens,)) within `size` tokens.

    A quarter from the head and the rest from the tail: the split of Sun et al. 2019 ("How to
    fine-tune BERT for text classification?"), which found it better than either end alone.
    """
    if len(ids) <= size:
        return ids
    head = int(size * head_share)
    return np.concatenate([ids[:head], ids[len(ids) - (size - head) :]])


def pool_logits(window_logits: np.ndarray) -> np.ndarray:
    """Average the logits of one review's windows: shape (windows, 2) -> (2,)."""
    return window_logits.mean(axis=0)
