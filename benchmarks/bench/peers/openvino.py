"""OpenVINO on our exported file; int8 by NNCF, calibrated. In batches of similar length."""

from collections.abc import Sequence
from pathlib import Path

from bench.peers import Score, Variant

PACKAGES = ("openvino", "tokenizers")
ENVIRONMENT = "peers"
VARIANTS = {
    "OpenVINO, fp32, sorted batches": Variant("fp32"),
    "OpenVINO, bf16, sorted batches": Variant("bf16"),
    "OpenVINO, int8, sorted batches": Variant("int8"),
}

_NAMES = ("input_ids", "attention_mask")


def make(folder: Path, made: Path, texts: Sequence[str]) -> None:
    """Write OpenVINO's own format, in full precision and in int8."""
    import nncf
    import openvino

    from bench.feeding import Tokens, padded

    model = openvino.Core().read_model(folder / "onnx" / "model.onnx")
    openvino.save_model(model, made / "fp32.xml", compress_to_fp16=False)
    samples = [dict(zip(_NAMES, padded([ids]), strict=True)) for ids in Tokens(folder)(texts)]
    quantized = nncf.quantize(
        model,
        nncf.Dataset(samples),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(samples),
    )
    openvino.save_model(quantized, made / "int8.xml", compress_to_fp16=False)


def load(folder: Path, made: Path, variant: Variant, threads: int) -> tuple[Score, Path]:
    """Compile for the processor."""
    import numpy as np
    import openvino

    from bench.feeding import Tokens, score_in_batches

    file = made / ("int8.xml" if variant.precision == "int8" else "fp32.xml")
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "bf16" if variant.precision == "bf16" else "f32",
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = openvino.Core().compile_model(file, "CPU", options)
    tokens = Tokens(folder)

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return compiled(dict(zip(_NAMES, (ids, mask), strict=True)))[0]

    def score(texts: Sequence[str]) -> list[float]:
        return score_in_batches(tokens(texts), run)

    return score, file.with_suffix(".bin")
