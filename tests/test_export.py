import numpy as np
import pytest
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.torch_engine import TorchEngine

from reeltalk import assembly, export
from reeltalk.base_model import find_base, load_base
from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews
from reeltalk.sources import Source
from tests.tiny import easy_reviews


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


def test_int8_that_loses_too_many_verdicts_is_dropped_and_said(
    tiny_model, tmp_path, monkeypatch, capsys
):
    import shutil

    shutil.copytree(tiny_model, tmp_path / "model")
    texts, labels = map(list, zip(*easy_reviews(400), strict=True))

    def quantize_badly(folder):
        import onnx

        model = onnx.load(folder / FP32_FILE)
        for weight in model.graph.initializer:
            if weight.data_type == onnx.TensorProto.FLOAT and weight.dims[0:1] == [2]:
                weight.raw_data = bytes(len(weight.raw_data))
        onnx.save(model, folder / INT8_FILE)

    monkeypatch.setattr(assembly, "quantize_onnx", quantize_badly)
    outcome = assembly._keep_int8_if_it_agrees(tmp_path / "model", Reviews(texts, labels))
    assert not outcome["kept"]
    assert outcome["int8_accuracy"] < outcome["fp32_accuracy"]
    assert not (tmp_path / "model" / INT8_FILE).exists()
    assert "the folder keeps fp32 alone" in capsys.readouterr().out


def test_int8_that_agrees_is_kept(tiny_model, tmp_path):
    import shutil

    shutil.copytree(tiny_model, tmp_path / "model")
    texts, labels = map(list, zip(*easy_reviews(200), strict=True))
    outcome = assembly._keep_int8_if_it_agrees(tmp_path / "model", Reviews(texts, labels))
    assert outcome["kept"]
    assert (tmp_path / "model" / INT8_FILE).is_file()
