"""ONNX Runtime with its default options on our exported files, in batches of similar length."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import Score, Variant

PACKAGES = ("onnxruntime", "tokenizers")
ENVIRONMENT = "own"
VARIANTS = {
    "ONNX Runtime, fp32, sorted batches": Variant("fp32"),
    "ONNX Runtime, int8, sorted batches": Variant("int8"),
}


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Open one exported file."""
    import numpy as np
    import onnxruntime

    from bench.feeding import Tokens, score_in_batches

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    name = "model_quantized.onnx" if variant.precision == "int8" else "model.onnx"
    file = folder / "onnx" / name
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    tokens = Tokens(folder)

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return session.run(None, {"input_ids": ids, "attention_mask": mask})[0]

    def score(texts: Sequence[str]) -> list[float]:
        return score_in_batches(tokens(texts), run)

    return score, file
