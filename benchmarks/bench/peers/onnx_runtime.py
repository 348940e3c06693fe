"""ONNX Runtime with its default options, in batches of similar length.

Its int8 file is what its quantizer makes of our model.onnx, as people do who follow its manual;
ours has fewer operations (reeltalk/export/graph.py).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.peers import Score, Variant

PACKAGES = ("onnxruntime", "tokenizers")
ENVIRONMENT = "own"
VARIANTS = {
    "ONNX Runtime, fp32, sorted batches": Variant("fp32"),
    "ONNX Runtime, int8, sorted batches": Variant("int8"),
}


def make(folder: Path, made: Path, texts: Sequence[str]) -> None:
    """Quantize the plain export."""
    from reeltalk.export import quantize_products

    source = made / "fp32.onnx"  # the quantizer writes beside it
    shutil.copyfile(folder / "onnx" / "model.onnx", source)
    quantize_products(source, made / "int8.onnx")


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Open one of the two files."""
    import numpy as np
    import onnxruntime

    from bench.feeding import Tokens, score_in_batches

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    file = made / "int8.onnx" if variant.precision == "int8" else folder / "onnx" / "model.onnx"
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    tokens = Tokens(folder)

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return session.run(None, {"input_ids": ids, "attention_mask": mask})[0]

    def score(texts: Sequence[str]) -> list[float]:
        return score_in_batches(tokens(texts), run)

    return score, file
