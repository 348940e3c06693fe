import json
from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.torch_engine import TorchEngine
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    RobertaConfig,
)

from reeltalk import assembly
from reeltalk.base_model import find_base, load_base
from reeltalk.errors import ReelTalkError
from reeltalk.export import export_onnx, onnx_files, quantize_onnx
from reeltalk.sources import Source
from reeltalk.stages import train_standard
from tests.conftest import tiny_config


@pytest.fixture(scope="module")
def trained(tiny_model):
    return load_base(find_base(Source("path", str(tiny_model))), 32, 0)[0]


def test_the_exported_model_computes_what_torch_does(trained, tiny_model):
    random = np.random.default_rng(0)
    windows = [random.integers(5, 500, length) for length in (2, 32, 9)]
    exported = OnnxEngine(tiny_model / FP32_FILE).logits(windows)
    assert np.abs(TorchEngine(trained).logits(windows) - exported).max() < 1e-4


def test_padding_does_not_change_the_torch_engine_s_logits(trained):
    windows = [np.arange(5, 15), np.arange(5, 35)]
    together = TorchEngine(trained).logits(windows)
    alone = np.concatenate([TorchEngine(trained).logits([window]) for window in windows])
    assert np.abs(together - alone).max() < 1e-5


def test_an_export_that_computes_something_else_is_refused(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_files, "LARGEST_LOGIT_ERROR", -1.0)
    with pytest.raises(ReelTalkError, match="logits differ from the trained one's"):
        export_onnx(trained, tmp_path, 32)


SHAPE = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}


@pytest.fixture(
    scope="module", params=[BertConfig, RobertaConfig, DistilBertConfig], ids=lambda c: c.model_type
)
def encoder(request):
    """An untrained encoder of each family; all that export knows of them is their graph."""
    torch.manual_seed(0)
    small = {"dim": 32, "n_layers": 3, "n_heads": 4, "hidden_dim": 64}
    shape = small if request.param is DistilBertConfig else SHAPE | {"intermediate_size": 64}
    config = request.param(vocab_size=40_000, **shape)
    return AutoModelForSequenceClassification.from_config(config).eval()


def operators(file):
    """Count a file's operators, those in branches as well."""
    graphs = [onnx.load(file).graph]
    for graph in graphs:
        graphs += [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    return Counter(node.op_type for graph in graphs for node in graph.node)


def untrained(kind, **shape):
    """Weights large enough that windows differ; drawn as usual, all logits are nearly the same."""
    torch.manual_seed(0)
    config = kind(vocab_size=2000, initializer_range=0.3, **shape)
    return AutoModelForSequenceClassification.from_config(config).eval()


@pytest.mark.parametrize(
    "model",
    [
        untrained(ModernBertConfig, **SHAPE, intermediate_size=64, pad_token_id=0),
        untrained(MPNetConfig, **SHAPE, intermediate_size=64),
        untrained(DebertaV2Config, **SHAPE, intermediate_size=64),
        untrained(AlbertConfig, **SHAPE, embedding_size=16, intermediate_size=64),
    ],
    ids=lambda model: model.config.model_type,
)
def test_int8_of_any_encoder_agrees_with_fp32(model, tmp_path):
    """Rotary positions, biases on attention, attention of its own, one layer for all."""
    export_onnx(model, tmp_path, 32)
    quantize_onnx(model, tmp_path, 32)
    windows = [np.random.default_rng(0).integers(5, 500, length) for length in (2, 30, 9)]
    int8, fp32 = (OnnxEngine(tmp_path / file).logits(windows) for file in (INT8_FILE, FP32_FILE))
    assert np.abs(int8 - fp32).max() < 0.25 * np.ptp(fp32, axis=0).max()


def test_fewer_operations_compute_the_same(encoder, tmp_path):
    windows = [np.random.default_rng(0).integers(5, 500, length) for length in (2, 30, 9)]
    fused = onnx_files.export_fused(encoder, tmp_path / "fused.onnx", 32)
    count = operators(fused)
    assert count["MultiHeadAttention"] == 3
    assert count["Softmax"] == count["Transpose"] == count["Reshape"] == 0
    theirs = TorchEngine(encoder).logits(windows)
    assert np.abs(OnnxEngine(fused).logits(windows) - theirs).max() < 1e-5


def test_the_last_layer_is_computed_for_the_first_token_alone(encoder, tmp_path):
    fused = onnx_files.export_fused(encoder, tmp_path / "fused.onnx", 32)
    model = onnx.load(fused)
    activations = [node for node in model.graph.node if node.op_type == "Gelu"]
    shown = [activations[0].output[0], activations[-1].output[0]]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in shown)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    ids = np.arange(5, 25)[None, :]
    first, last = session.run(shown, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    assert (first.shape, last.shape) == ((1, 20, 64), (1, 1, 64))


def test_the_int8_file_is_small_and_heeds_the_mask(encoder, tmp_path):
    export_onnx(encoder, tmp_path, 32)
    quantize_onnx(encoder, tmp_path, 32)
    file = tmp_path / INT8_FILE
    assert file.stat().st_size < 0.4 * (tmp_path / FP32_FILE).stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]
    assert operators(file)["If"] == 3
    session = onnxruntime.InferenceSession(file)
    ids = np.arange(5, 25)[None, :]
    padded = np.concatenate([ids, np.full_like(ids, 700)], axis=1)
    mask = (np.arange(40) < 20).astype(np.int64)[None, :]
    alone = session.run(None, {"input_ids": ids, "attention_mask": mask[:, :20]})[0]
    beside = session.run(None, {"input_ids": padded, "attention_mask": mask})[0]
    heedless = session.run(None, {"input_ids": padded, "attention_mask": np.ones_like(mask)})[0]
    assert np.abs(alone - beside).max() < 0.2 * np.abs(alone - heedless).max()


def test_where_fewer_operations_compute_something_else_the_plain_ones_are_taken(
    trained, tmp_path, monkeypatch, capsys
):
    export_onnx(trained, tmp_path, 32)
    monkeypatch.setattr(onnx_files, "LARGEST_LOGIT_ERROR", -1.0)
    quantize_onnx(trained, tmp_path, 32)
    assert "int8 without fused attention, which this encoder cannot have" in capsys.readouterr().out
    assert operators(tmp_path / INT8_FILE)["MultiHeadAttention"] == 0
    windows = [np.arange(5, 15)]
    int8, fp32 = (OnnxEngine(tmp_path / file).logits(windows) for file in (INT8_FILE, FP32_FILE))
    assert np.abs(int8 - fp32).max() < 0.5


def test_int8_that_loses_too_many_verdicts_is_dropped_and_fp32_is_measured(
    tiny_base, easy_file, tmp_path, monkeypatch, capsys
):
    def quantize_badly(_, folder, __):
        model = onnx.load(folder / FP32_FILE)
        for weight in model.graph.initializer:
            if weight.data_type == onnx.TensorProto.FLOAT and weight.dims[0:1] == [2]:
                weight.raw_data = bytes(len(weight.raw_data))
        onnx.save(model, folder / INT8_FILE)

    monkeypatch.setattr(assembly, "quantize_onnx", quantize_badly)
    train_standard(tiny_config(tiny_base, easy_file, tmp_path / "model"))
    assert not (tmp_path / "model" / INT8_FILE).exists()
    assert "the folder keeps fp32 alone" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert not metrics["int8"]["kept"]
    assert metrics["int8"]["int8_accuracy"] < metrics["int8"]["fp32_accuracy"]
    assert metrics["engine"] == "onnxruntime"
    assert metrics["test"]["accuracy"] >= 0.9


def test_int8_that_agrees_is_kept_and_measured(tiny_model):
    metrics = json.loads((tiny_model / "metrics.json").read_text())
    assert metrics["int8"]["kept"]
    assert metrics["int8"]["rows"] == metrics["test"]["rows"]
    assert metrics["int8"]["int8_accuracy"] == metrics["test"]["accuracy"]
    assert metrics["engine"] == "onnxruntime-int8"
