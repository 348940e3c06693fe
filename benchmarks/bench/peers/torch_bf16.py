"""PyTorch with bf16 matrix products, in batches of similar length: the careful torch user."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import Score, Variant

PACKAGES = ("torch", "transformers", "tokenizers")
ENVIRONMENT = "own"
VARIANTS = {"torch bf16, sorted batches": Variant("bf16")}


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Open the weights and cast them to bf16."""
    import numpy as np
    import torch
    from transformers import AutoModelForSequenceClassification

    from bench.feeding import Tokens, score_in_batches

    torch.set_num_threads(threads)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.bfloat16).eval()
    tokens = Tokens(folder)

    @torch.inference_mode()
    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        output = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
        return output.logits.float().numpy()

    def score(texts: Sequence[str]) -> list[float]:
        return score_in_batches(tokens(texts), run)

    return score, folder / "model.safetensors"
