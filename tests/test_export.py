import json

import numpy as np
import pytest
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.torch_engine import TorchEngine

from reeltalk import assembly, export
from reeltalk.base_model import find_base, load_base
from reeltalk.errors import ReelTalkError
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
    monkeypatch.setattr(export, "LARGEST_LOGIT_ERROR", -1.0)
    with pytest.raises(ReelTalkError, match="logits differ from the trained one's"):
        export.export_onnx(trained, tmp_path, 32)


def test_int8_that_loses_too_many_verdicts_is_dropped_and_fp32_is_measured(
    tiny_base, easy_file, tmp_path, monkeypatch, capsys
):
    def quantize_badly(folder):
        import onnx

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
