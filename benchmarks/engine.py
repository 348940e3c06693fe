"""Ways to run a trained model on this CPU, in turns: bulk tokens per second and one review's time.

    python benchmarks/engine.py models/standard

Windows are random token ids, each way's result the median of its rounds.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine

from reeltalk.command_line import parse, run
from reeltalk.config.parts import Positional


@dataclass(frozen=True)
class BenchmarkConfig:
    """Compare engines on one model folder."""

    model: Positional[Path] = Path("models/standard")
    """Model folder."""
    rounds: int = 5
    """Measurements of each engine; the engines take turns."""
    lengths: tuple[int, ...] = (20, 128, 256)
    """Tokens per window."""
    tokens: int = 16_384
    """Tokens per bulk measurement."""


class BatchedOnnx:
    """The usual way: padded batches, ONNX Runtime's own threads."""

    def __init__(self, file: Path, batch_size: int) -> None:
        """Open a file with default options."""
        self._session = onnxruntime.InferenceSession(str(file))
        self._batch_size = batch_size

    def logits(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Score windows of one length."""
        parts = []
        for start in range(0, len(windows), self._batch_size):
            ids = np.stack(windows[start : start + self._batch_size])
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            parts.append(self._session.run(None, feed)[0])
        return np.concatenate(parts)


def main() -> None:
    """Measure in turns and print a table."""
    config = parse(BenchmarkConfig)
    engines = _engines(config.model)
    random = np.random.default_rng(0)
    print("| tokens | engine | bulk, tokens/s | ratio | one window, ms |\n|---|---|---|---|---|")
    for length in config.lengths:
        windows = [random.integers(5, 20_000, length) for _ in range(config.tokens // length)]
        bulk: dict[str, list[float]] = {name: [] for name in engines}
        single: dict[str, list[float]] = {name: [] for name in engines}
        for engine in engines.values():
            engine(windows[:16])
        for _ in range(config.rounds):
            for name, engine in engines.items():
                bulk[name].append(len(windows) * length / _seconds(engine, windows))
                each = [_seconds(engine, windows[i : i + 1]) for i in range(8)]
                single[name].append(1000 * statistics.median(each))
        slowest = min(statistics.median(values) for values in bulk.values())
        for name in engines:
            speed = statistics.median(bulk[name])
            print(
                f"| {length} | {name} | {speed:,.0f} | {speed / slowest:.2f} "
                f"| {statistics.median(single[name]):.1f} |",
                flush=True,
            )


def _engines(folder: Path) -> dict[str, Callable[[Sequence[np.ndarray]], np.ndarray]]:
    from reeltalk_inference.torch_engine import TorchEngine
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder)
    return {
        "ours, int8, a window per core": OnnxEngine(folder / INT8_FILE).logits,
        "ours, fp32, a window per core": OnnxEngine(folder / FP32_FILE).logits,
        "onnxruntime int8, batches of 16": BatchedOnnx(folder / INT8_FILE, 16).logits,
        "onnxruntime fp32, batches of 16": BatchedOnnx(folder / FP32_FILE, 16).logits,
        "torch bf16, batches of 16,384 tokens": TorchEngine(model, "bf16").logits,
    }


def _seconds(
    engine: Callable[[Sequence[np.ndarray]], np.ndarray], windows: Sequence[np.ndarray]
) -> float:
    begun = time.perf_counter()
    engine(windows)
    return time.perf_counter() - begun


if __name__ == "__main__":
    run(main)
