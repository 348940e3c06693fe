"""transformers.pipeline in fp32, truncating at 512 tokens: what the public projects do."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import NAIVE, Score, Variant

PACKAGES = ("torch", "transformers")
ENVIRONMENT = "own"
VARIANTS = {
    NAIVE: Variant("fp32"),
    "transformers.pipeline, batches of 32": Variant("fp32", batch_size=32),
}


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Open the model folder the way its card on the Hub says."""
    import torch
    from transformers import pipeline

    torch.set_num_threads(threads)
    classify = pipeline("text-classification", model=str(folder), device="cpu")

    def score(texts: Sequence[str]) -> list[float]:
        answers = classify(
            list(texts), truncation=True, max_length=512, batch_size=variant.batch_size
        )
        return [
            answer["score"] if answer["label"] == "POSITIVE" else 1 - answer["score"]
            for answer in answers
        ]

    return score, folder / "model.safetensors"
