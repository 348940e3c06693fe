"""Runs the exported model over windows with ONNX Runtime. Knows ids and logits, no text."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors

from reeltalk_inference.cores import available_cores
from reeltalk_inference.errors import UnusableModelError

FP32_FILE = "onnx/model.onnx"
INT8_FILE = "onnx/model_quantized.onnx"

ONNX_ERRORS = (
    onnx_errors.Fail,
    onnx_errors.InvalidArgument,
    onnx_errors.InvalidGraph,
    onnx_errors.InvalidProtobuf,
    onnx_errors.NotImplemented,
    onnx_errors.RuntimeException,
)
"""What ONNX Runtime raises at a file, or at what it is asked to do with it."""


class Engine(Protocol):
    """Anything that turns windows of token ids into logits."""

    name: str

    def logits(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Score each window (ids of shape (tokens,)); give logits of shape (windows, labels)."""
        ...


class OnnxEngine:
    """ONNX Runtime, shared by all callers: a window by itself on all cores, or one on each core.

    Windows are never batched. Nothing is padded, and a window's logits do not depend on what else
    is scored beside it: dynamic int8 takes its scales from the whole batch, so that batches would
    give one review different verdicts in different company.

    A session has its number of threads for life, so there are two. For few windows, all cores
    share each, and spin while they wait for one another; for many, each core has its own, since
    spinning would slow the others (benchmarks/engine.md has both figures).
    """

    def __init__(self, model_file: Path, threads: int | None = None) -> None:
        """Open an ONNX file for `threads` cores (all that this process may use by default).

        Raises:
            UnusableModelError: if the file is missing, damaged, or has unexpected inputs.
        """
        self.name = "onnxruntime-int8" if model_file.name == Path(INT8_FILE).name else "onnxruntime"
        self._threads = threads or available_cores()
        self._session = _open(model_file, self._threads)
        self._one_core_session = self._session if self._threads == 1 else _open(model_file, 1)

    @classmethod
    def from_folder(cls, folder: Path, threads: int | None = None) -> "OnnxEngine":
        """Open a model folder's int8 file, or its fp32 file where int8 was not kept."""
        quantized = folder / INT8_FILE
        return cls(quantized if quantized.is_file() else folder / FP32_FILE, threads)

    def logits(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Score each window (ids of shape (tokens,)); give float32 logits (windows, labels)."""
        if len(windows) == 1 or 2 * len(windows) <= self._threads:
            return np.concatenate([_run(self._session, window) for window in windows])
        run = partial(_run, self._one_core_session)
        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate(list(pool.map(run, windows)))


def _open(model_file: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if not model_file.is_file():
        raise UnusableModelError(f"{model_file} is missing: the model was not exported")
    try:
        session = onnxruntime.InferenceSession(
            str(model_file), options, providers=["CPUExecutionProvider"]
        )
    except ONNX_ERRORS as error:
        reason = str(error).partition(" : ")[2] or error
        raise UnusableModelError(f"{model_file} is damaged: {reason}") from error
    inputs = [value.name for value in session.get_inputs()]
    if inputs != ["input_ids", "attention_mask"]:
        raise UnusableModelError(
            f"{model_file} takes {inputs}, not ['input_ids', 'attention_mask']"
        )
    return session


def _run(session: onnxruntime.InferenceSession, window: np.ndarray) -> np.ndarray:
    ids = window[None, :]
    return session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
