"""What the machine could do at most: its matrix products alone, and how many a model needs.

    python -m bench.limits FOLDER THREADS

measures products of the encoder's shapes and of a large square in every number type.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.processes import run_module

ROWS = 2048
"""Tokens in one product."""

SQUARE = 2048
SECONDS_EACH = 0.4


@dataclass(frozen=True)
class Encoder:
    """What decides the arithmetic of an encoder."""

    layers: int
    width: int
    inner: int

    @classmethod
    def from_folder(cls, folder: Path) -> "Encoder":
        """Read config.json, which BERT and DistilBERT word differently."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        layers = config.get("num_hidden_layers", config.get("n_layers"))
        width = config.get("hidden_size", config.get("dim"))
        return cls(layers, width, config.get("intermediate_size", config.get("hidden_dim")))

    def operations(self, tokens: int) -> int:
        """Count the operations of one window: two for each multiply-add of its products.

        Four projections and two layers of the feed-forward part, which grow with the tokens, and
        the two products of attention, which grow with their square.
        """
        linear = 2 * tokens * (4 * self.width**2 + 2 * self.width * self.inner)
        return self.layers * (linear + 4 * tokens**2 * self.width)

    def shapes(self) -> list[tuple[int, int]]:
        """Give the (inputs, outputs) of the matrices that tokens are multiplied with."""
        return [(self.width, self.width), (self.width, self.inner), (self.inner, self.width)]


def measure_peaks(folder: Path, threads: int) -> dict[str, dict[str, float]]:
    """Measure in a process of its own: {"fp32": {"2048 x 384 x 1536": operations/s}}."""
    return json.loads(run_module("bench.limits", folder, threads))


def main() -> None:
    """Measure and print as JSON."""
    threads = int(sys.argv[2])
    shapes = [*Encoder.from_folder(Path(sys.argv[1])).shapes(), (SQUARE, SQUARE)]
    products = {
        "int8": [("ONNX Runtime", onnx_int8), ("torch", torch_int8)],
        "bf16": [("torch", torch_bf16)],
        "fp32": [("torch", torch_fp32)],
    }
    peaks: dict[str, dict[str, float]] = {}
    for precision, ways in products.items():
        peaks[precision] = {}
        for inputs, outputs in dict.fromkeys(shapes):
            operations = 2 * ROWS * inputs * outputs
            for library, way in ways:
                key = f"{ROWS} x {inputs} x {outputs}, {library}"
                peaks[precision][key] = operations / best_time(way(inputs, outputs, threads))
    print(json.dumps(peaks))


def best_time(product: Callable[[], object]) -> float:
    """Give the seconds of a product: the median of the fastest quarter, for a peak."""
    product()
    taken: list[float] = []
    while sum(taken) < SECONDS_EACH:
        begun = time.perf_counter()
        product()
        taken.append(time.perf_counter() - begun)
    return statistics.median(sorted(taken)[: max(1, len(taken) // 4)])


def torch_fp32(inputs: int, outputs: int, threads: int) -> Callable[[], object]:
    """Prepare an fp32 product."""
    return _torch_product("float32", inputs, outputs, threads)


def torch_bf16(inputs: int, outputs: int, threads: int) -> Callable[[], object]:
    """Prepare a bf16 product."""
    return _torch_product("bfloat16", inputs, outputs, threads)


def torch_int8(inputs: int, outputs: int, threads: int) -> Callable[[], object]:
    """Prepare an int8 product with int32 sums."""
    import torch

    torch.set_num_threads(threads)
    left = torch.randint(-127, 127, (ROWS, inputs), dtype=torch.int8)
    right = torch.randint(-127, 127, (inputs, outputs), dtype=torch.int8)
    return lambda: torch._int_mm(left, right)


def onnx_int8(inputs: int, outputs: int, threads: int) -> Callable[[], object]:
    """Prepare the product that a quantized model is made of: unsigned by constant signed bytes."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    random = np.random.default_rng(0)
    weights = random.integers(-127, 127, (inputs, outputs)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["tokens", "weights"], ["sums"])],
        "product",
        [helper.make_tensor_value_info("tokens", TensorProto.UINT8, [ROWS, inputs])],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [ROWS, outputs])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    tokens = random.integers(0, 255, (ROWS, inputs)).astype(np.uint8)
    return lambda: session.run(None, {"tokens": tokens})


def highest(measured: Sequence[dict[str, dict[str, float]]]) -> dict[str, float]:
    """Give the peak of each number type over several measurements."""
    return {
        precision: max(max(peaks[precision].values()) for peaks in measured)
        for precision in measured[0]
    }


def _torch_product(kind: str, inputs: int, outputs: int, threads: int) -> Callable[[], object]:
    import torch

    torch.set_num_threads(threads)
    left = torch.randn(ROWS, inputs).to(getattr(torch, kind))
    right = torch.randn(inputs, outputs).to(getattr(torch, kind))
    return lambda: left @ right


if __name__ == "__main__":
    main()
