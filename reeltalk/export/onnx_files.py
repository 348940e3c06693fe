"""Writes onnx/model.onnx and onnx/model_quantized.onnx, and checks what they compute."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, ONNX_ERRORS, OnnxEngine
from reeltalk_inference.errors import UnusableModelError
from reeltalk_inference.torch_engine import TorchEngine
from transformers import PreTrainedModel

from reeltalk.errors import ReelTalkError, first_line
from reeltalk.export.attention import FUSED, PLAIN, attention_of
from reeltalk.export.graph import follow_first_token, join_heads, shrink_tables, skip_empty_masks
from reeltalk.export.tracing import quiet_exporter, trace
from reeltalk.terminal import say

LARGEST_FILE = 2**31
"""Bytes; protobuf, which ONNX files are written in, holds less."""

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
    _check_logits(model, file, max_tokens)
    return file


def quantize_onnx(model: PreTrainedModel, folder: Path, max_tokens: int) -> Path:
    """Write onnx/model_quantized.onnx: int8, and quick in ONNX Runtime, for which it is made.

    Matrix products take int8 weights per channel and activations on the fly; the vocabulary's
    table is int8 with a scale for each row. Attention is ONNX Runtime's own operator. An encoder
    that cannot be had so gets the products alone: hours of training must not end here.
    """
    file = folder / INT8_FILE
    with tempfile.TemporaryDirectory(dir=folder) as place:
        try:
            fused = export_fused(model, Path(place) / "fused.onnx", max_tokens)
            graph = ir.load(quantize_products(fused, Path(place) / "quantized.onnx"))
            shrink_tables(graph)
            skip_empty_masks(graph)
            save_graph(graph, file)
            _read_both_ways(file, _some_windows(model, max_tokens))
        except (ReelTalkError, UnusableModelError, ValueError, *ONNX_ERRORS) as error:
            say(
                f"int8 without fused attention, which this encoder cannot have: {first_line(error)}"
            )
            plain = shutil.copyfile(folder / FP32_FILE, Path(place) / "plain.onnx")
            quantize_products(plain, file)
    return file


def export_fused(model: PreTrainedModel, file: Path, max_tokens: int) -> Path:
    """Export in fewer operations, full precision.

    Raises:
        ReelTalkError: if that cannot be, or would change what is computed.
        UnusableModelError, ValueError: if ONNX Runtime cannot read what comes of it.
    """
    with attention_of(model, FUSED):
        graph = trace(model, max_tokens)
    join_heads(graph)
    follow_first_token(graph)
    save_graph(graph, file)
    _check_logits(model, file, max_tokens)
    return file


def quantize_products(source: Path, file: Path) -> Path:
    """Write a graph with its matrix products in int8, as ONNX Runtime's quantizer does it.

    It leaves a file of its own beside the source.
    """
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


def save_graph(graph: ir.Model, file: Path) -> None:
    """Write a graph without intermediate shapes: the quantizer trips over those of torch."""
    proto = ir.to_proto(graph)
    del proto.graph.value_info[:]
    file.write_bytes(proto.SerializeToString())


def _check_logits(model: PreTrainedModel, file: Path, max_tokens: int) -> None:
    """Compare a file with its model, on windows by themselves and padded to one length.

    Raises:
        ReelTalkError: if they do not compute the same.
    """
    windows = _some_windows(model, max_tokens)
    theirs = TorchEngine(model).logits(windows)
    error = max(float(np.abs(ours - theirs).max()) for ours in _read_both_ways(file, windows))
    if not error <= LARGEST_LOGIT_ERROR:
        raise ReelTalkError(
            f"{file}: the exported model's logits differ from the trained one's by {error:.2g} "
            f"(allowed {LARGEST_LOGIT_ERROR}); this encoder cannot be exported"
        )


def _some_windows(model: PreTrainedModel, max_tokens: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(5, model.config.vocab_size, length) for length in (3, 17, max_tokens)]


def _read_both_ways(file: Path, windows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Give the logits of windows by themselves, and of one batch with padding."""
    alone = OnnxEngine(file).logits(windows)
    ids = np.zeros((len(windows), max(map(len, windows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window)], mask[row, : len(window)] = window, 1
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return alone, session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
