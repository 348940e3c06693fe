"""Runs the exported model over windows with ONNX Runtime. Knows ids and logits, no text."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors

from reeltalk_inference.cores import available_cores
from reeltalk_inference.errors import UnusableModelError

FP32_FILE = "onnx/model.onnx"
INT8_FILE = "onnx/model_quantized.onnx"

_LOADING_ERRORS = (
    onnx_errors.Fail,
    onnx_errors.InvalidArgument,
    onnx_errors.InvalidGraph,
    onnx_errors.InvalidProtobuf,
    onnx_errors.NotImplemented,
    onnx_errors.RuntimeException,
)


class Engine(Protocol):
    """Anything that turns windows of token ids into logits."""

    name: str

    def logits(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Score each window (ids of shape (tokens,)); give logits of shape (windows, labels)."""
        ...


class OnnxEngine:
    """One ONNX Runtime session, shared by all callers.

    Each window is run by itself, as many at a time as there are cores. Nothing is padded, and a
    window's logits do not depend on what else is scored beside it: dynamic int8 takes its scales
    from the whole batch, so that batches would give one review different verdicts in different
    company. It is also faster than batches from about 100 tokens on (benchmarks/engine.md).
    """

    def __init__(self, model_file: Path, threads: int | None = None) -> None:
        """Open an ONNX file for `threads` cores (all that this process may use by default).

        Raises:
            UnusableModelError: if the file is missing, damaged, or has unexpected inputs.
        """
        self.name = "onnxruntime-int8" if model_file.name == Path(INT8_FILE).name else "onnxruntime"
        self._threads = threads or available_cores()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        # A thread that spins while it waits takes its core from the window beside it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        if not model_file.is_file():
            raise UnusableModelError(f"{model_file} is missing: the model was not exported")
        try:
            self._session = onnxruntime.InferenceSession(
                str(model_file), options, providers=["CPUExecutionProvider"]
            )
        except _LOADING_ERRORS as error:
            reason = str(error).partition(" : ")[2] or error
            raise UnusableModelError(f"{model_file} is damaged: {reason}") from error
        inputs = [value.name for value in self._session.get_inputs()]
        if inputs != ["input_ids", "attention_mask"]:
            raise UnusableModelError(
                f"{model_file} takes {inputs}, not ['input_ids', 'attention_mask']"
            )

    @classmethod
    def from_folder(cls, folder: Path, threads: int | None = None) -> "OnnxEngine":
        """Open a model folder's int8 file, or its fp32 file where int8 was not kept."""
        quantized = folder / INT8_FILE
        return cls(quantized if quantized.is_file() else folder / FP32_FILE, threads)

    def logits(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Score each window (ids of shape (tokens,)); give float32 logits (windows, labels)."""
        if len(windows) == 1:
            return self._run(windows[0])
        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate(list(pool.map(self._run, windows)))

    def _run(self, window: np.ndarray) -> np.ndarray:
        ids = window[None, :]
        return self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
