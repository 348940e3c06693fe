"""How a model's attention is written for the time of an export.

Traced as it stands, attention becomes a dozen operators that write out every pair of tokens.
ONNX Runtime's own MultiHeadAttention does it in blocks (benchmarks/engine.md says what that gains).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

OPERATOR = "MultiHeadAttention"
DOMAIN = "com.microsoft"

PLAIN = "eager"
"""In ONNX's own operators; what torch makes of "sdpa" guards each row against being all padding."""

FUSED = "reeltalk_onnx"
"""As one operator."""


@contextmanager
def attention_of(model: PreTrainedModel, implementation: str) -> Iterator[None]:
    """Let a model compute its attention in this way.

    A model that does not take its attention from transformers' AttentionInterface stays as it is.
    """
    AttentionInterface.register(FUSED, _attention)
    AttentionMaskInterface.register(FUSED, _mask)
    before = model.config._attn_implementation
    model.set_attn_implementation(implementation)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Take (batch, heads, tokens, size) three times; give (batch, tokens, heads, size)."""
    batch, heads, tokens, size = query.shape
    inputs = [one.transpose(1, 2).flatten(2) for one in (query, key, value)]
    padding = [] if attention_mask is None else [None, attention_mask.to(torch.int32)]
    result = torch.onnx.ops.symbolic(
        f"{DOMAIN}::{OPERATOR}",
        [*inputs, *padding],
        {"num_heads": heads, "scale": size**-0.5 if scaling is None else scaling},
        dtype=query.dtype,
        shape=(batch, tokens, heads * size),
        version=1,
    )
    return result.unflatten(2, (heads, size)), None


def _mask(attention_mask: torch.Tensor | None = None, **_: object) -> torch.Tensor | None:
    """Leave the mask what it was: (batch, tokens), true where a token is."""
    return attention_mask
