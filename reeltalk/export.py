"""From a trained model to onnx/: full precision, and int8 where it keeps the verdicts."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import torch
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.torch_engine import TorchEngine
from torch import nn
from transformers import PreTrainedModel

from reeltalk.errors import ReelTalkError, first_line

LARGEST_LOGIT_ERROR = 1e-3
"""How far ONNX Runtime's fp32 logits may lie from torch's."""


def export_onnx(model: PreTrainedModel, folder: Path, max_tokens: int) -> Path:
    """Write onnx/model.onnx: input_ids and attention_mask (batch, tokens) -> logits (batch, 2).

    Raises:
        ReelTalkError: if the exported file does not compute what the model does.
    """
    file = folder / FP32_FILE
    file.parent.mkdir(exist_ok=True)
    ids = torch.randint(5, 100, (2, 16), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=max_tokens)}
    with _quiet_exporter(), _export_errors(model, file):
        program = torch.onnx.export(
            _LogitsOnly(model.cpu().float().eval()).eval(),
            (ids, mask),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            dynamo=True,
            verbose=False,
        )
    if program is None:  # what the older exporter gives
        raise ValueError("torch.onnx.export did not take the way over dynamo")
    graph_file = program.model_proto
    # The quantizer infers intermediate shapes itself, and trips over those that torch stores.
    del graph_file.graph.value_info[:]
    onnx.save(graph_file, file)
    _check_export(model, file, max_tokens)
    return file


def quantize_onnx(folder: Path) -> Path:
    """Write onnx/model_quantized.onnx: int8 weights per channel, activations on the fly.

    Quantizes matrix products alone; embeddings are looked up, not multiplied, and stay fp32.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    file = folder / INT8_FILE
    with _quiet_exporter():
        quantize_dynamic(
            folder / FP32_FILE,
            file,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
    return file


class _LogitsOnly(nn.Module):
    """The model as the exporter likes it: tensors in, one tensor out."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


def _check_export(model: PreTrainedModel, file: Path, max_tokens: int) -> None:
    """Compare both engines on windows of several lengths."""
    random = np.random.default_rng(0)
    windows = [random.integers(5, 100, length) for length in (3, 17, max_tokens)]
    error = np.abs(TorchEngine(model).logits(windows) - OnnxEngine(file).logits(windows)).max()
    if not error <= LARGEST_LOGIT_ERROR:
        raise ReelTalkError(
            f"{file}: the exported model's logits differ from the trained one's by {error:.2g} "
            f"(allowed {LARGEST_LOGIT_ERROR}); this encoder cannot be exported"
        )


@contextmanager
def _export_errors(model: PreTrainedModel, file: Path) -> Iterator[None]:
    try:
        yield
    except torch.onnx.OnnxExporterError as error:
        raise ReelTalkError(
            f"{file}: torch cannot export a {model.config.model_type}: {first_line(error)}"
        ) from error


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep the exporter's notes about absent optional packages from the user."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "root")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
