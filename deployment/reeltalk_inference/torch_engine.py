"""Runs a PyTorch model over windows: during training, and on a GPU. The only user of torch."""

from collections.abc import Sequence

import numpy as np
import torch

# On CPUs, larger batches leave the caches: 27 reviews a second where 16,384 tokens gave 23.
_TOKENS_PER_BATCH = {"cpu": 4096}
_TOKENS_PER_BATCH_ELSEWHERE = 16_384
_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchEngine:
    """Scores windows in padded batches of similar length."""

    def __init__(self, model: torch.nn.Module, precision: str = "fp32") -> None:
        """Take a sequence classifier, on whatever device it is, and switch off its dropout."""
        self.name = f"torch-{precision}"
        self._model = model.eval()
        self._device = next(model.parameters()).device
        self._autocast = _AUTOCAST.get(precision)
        self._most_tokens = _TOKENS_PER_BATCH.get(self._device.type, _TOKENS_PER_BATCH_ELSEWHERE)

    def logits(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Score each window (ids of shape (tokens,)); give float32 logits (windows, labels)."""
        order = sorted(range(len(windows)), key=lambda i: -len(windows[i]))
        results: list[np.ndarray] = [np.empty(0)] * len(windows)
        start = 0
        while start < len(order):
            longest = len(windows[order[start]])
            batch = order[start : start + max(1, self._most_tokens // longest)]
            scores = self._run([windows[i] for i in batch], longest)
            for i, score in zip(batch, scores, strict=True):
                results[i] = score
            start += len(batch)
        return np.stack(results)

    @torch.inference_mode()
    def _run(self, windows: list[np.ndarray], longest: int) -> np.ndarray:
        ids = np.zeros((len(windows), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        with torch.autocast(self._device.type, self._autocast, self._autocast is not None):
            output = self._model(
                input_ids=torch.from_numpy(ids).to(self._device),
                attention_mask=torch.from_numpy(mask).to(self._device),
            )
        return output.logits.float().cpu().numpy()
