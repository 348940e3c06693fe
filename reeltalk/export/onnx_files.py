"""Writes onnx/model.onnx and onnx/model_quantized.onnx, and checks what they compute."""

import tempfile
from pathlib import Path

import numpy as np
import onnx_ir as ir
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.torch_engine import TorchEngine
from transformers import PreTrainedModel

from reeltalk.errors import ReelTalkError
from reeltalk.export.attention import FUSED, PLAIN, attention_of
from reeltalk.export.graph import follow_first_token, join_heads, shrink_tables, skip_empty_masks
from reeltalk.export.tracing import quiet_exporter, trace

LARGEST_LOGIT_ERROR = 1e-3
"""How far ONNX Runtime's fp32 logits may lie from torch's."""


def export_onnx(model: PreTrainedModel, folder: Path, max_tokens: int) -> Path:
    """Write onnx/model.onnx, in ONNX's own operators, for any runtime.

    It takes input_ids and attention_mask (batch, tokens) and gives logits (batch, 2).

    Raises:
        ReelTalkError: if the exported file does not compute what the model does.
    """
    file = folder / FP32_FILE
    file.parent.mkdir(exist_ok=True)
    with attention_of(model, PLAIN):
        save_graph(trace(model, max_tokens), file)
    error = _logit_error(model, file, max_tokens)
    if not error <= LARGEST_LOGIT_ERROR:
        raise ReelTalkError(
            f"{file}: the exported model's logits differ from the trained one's by {error:.2g} "
            f"(allowed {LARGEST_LOGIT_ERROR}); this encoder cannot be exported"
        )
    return file


def quantize_onnx(model: PreTrainedModel, folder: Path, max_tokens: int) -> Path:
    """Write onnx/model_quantized.onnx: int8, and quick in ONNX Runtime, for which it is made.

    Matrix products take int8 weights per channel and activations on the fly; the vocabulary's
    table is int8 with a scale for each row. Attention is ONNX Runtime's own operator.
    """
    file = folder / INT8_FILE
    with tempfile.TemporaryDirectory(dir=folder) as place:
        fused = export_fused(model, Path(place) / "fused.onnx", max_tokens)
        quantized = quantize_products(fused or folder / FP32_FILE, Path(place) / "quantized.onnx")
        graph = ir.load(quantized)
        shrink_tables(graph)
        skip_empty_masks(graph)
        save_graph(graph, file)
    return file


def quantize_products(source: Path, file: Path) -> Path:
    """Write a graph with its matrix products in int8, as ONNX Runtime's quantizer does it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with quiet_exporter():
        quantize_dynamic(
            source,
            file,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            # Its shape inference does not know what operators outside ONNX give.
            extra_options={"DefaultTensorType": ir.DataType.FLOAT.value},
        )
    return file


def export_fused(model: PreTrainedModel, file: Path, max_tokens: int) -> Path | None:
    """Export in fewer operations, full precision; nothing where that changes what is computed."""
    with attention_of(model, FUSED):
        graph = trace(model, max_tokens)
    join_heads(graph)
    follow_first_token(graph)
    save_graph(graph, file)
    return file if _logit_error(model, file, max_tokens) <= LARGEST_LOGIT_ERROR else None


def save_graph(graph: ir.Model, file: Path) -> None:
    """Write a graph without intermediate shapes: the quantizer trips over those of torch."""
    proto = ir.to_proto(graph)
    del proto.graph.value_info[:]
    file.write_bytes(proto.SerializeToString())


def _logit_error(model: PreTrainedModel, file: Path, max_tokens: int) -> float:
    """Give how far the file's logits lie from the model's, on windows of several lengths."""
    random = np.random.default_rng(0)
    windows = [random.integers(5, 100, length) for length in (3, 17, max_tokens)]
    return float(
        np.abs(TorchEngine(model).logits(windows) - OnnxEngine(file).logits(windows)).max()
    )
