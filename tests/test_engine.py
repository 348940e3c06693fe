import numpy as np
import pytest
from reeltalk_inference import cores
from reeltalk_inference import engine as engine_module
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.errors import UnusableModelError


@pytest.fixture
def windows():
    random = np.random.default_rng(0)
    return [random.integers(5, 500, length) for length in (3, 30, 7, 30, 12)]


def test_a_window_s_logits_do_not_depend_on_its_company(tiny_model, windows):
    engine = OnnxEngine.from_folder(tiny_model, threads=2)
    together = engine.logits(windows)
    alone = np.concatenate([engine.logits([window]) for window in windows])
    assert np.array_equal(together, alone)


@pytest.mark.parametrize(
    ("threads", "count", "shared"), [(2, 1, 1), (2, 2, 0), (1, 1, 0), (8, 4, 4), (8, 5, 0)]
)
def test_cores_share_a_window_where_there_are_fewer_windows(
    tiny_model, windows, monkeypatch, threads, count, shared
):
    engine = OnnxEngine.from_folder(tiny_model, threads)
    sessions = []
    run = engine_module._run
    monkeypatch.setattr(
        engine_module, "_run", lambda session, ids: sessions.append(session) or run(session, ids)
    )
    engine.logits(windows[:count])
    assert len(sessions) == count
    used = {session.get_session_options().intra_op_num_threads for session in sessions}
    assert used == ({threads} if shared else {1})


def test_int8_is_taken_where_the_folder_has_it(tiny_model):
    assert OnnxEngine.from_folder(tiny_model).name == "onnxruntime-int8"
    assert OnnxEngine(tiny_model / FP32_FILE).name == "onnxruntime"


def test_fp32_is_taken_where_int8_was_not_kept(tiny_model, tmp_path):
    (tmp_path / "onnx").mkdir()
    (tmp_path / FP32_FILE).write_bytes((tiny_model / FP32_FILE).read_bytes())
    assert OnnxEngine.from_folder(tmp_path).name == "onnxruntime"


def test_int8_and_fp32_agree_closely(tiny_model, windows):
    int8, fp32 = (OnnxEngine(tiny_model / file).logits(windows) for file in (INT8_FILE, FP32_FILE))
    assert not np.array_equal(int8, fp32)
    assert np.abs(int8 - fp32).max() < 0.5


def test_a_missing_or_damaged_file_is_named(tiny_model, tmp_path):
    with pytest.raises(UnusableModelError, match="model.onnx is missing"):
        OnnxEngine(tmp_path / FP32_FILE)
    damaged = tmp_path / "model.onnx"
    damaged.write_bytes((tiny_model / FP32_FILE).read_bytes()[:5000])
    with pytest.raises(UnusableModelError, match="model.onnx is damaged"):
        OnnxEngine(damaged)


def test_another_model_s_inputs_are_refused(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [result])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / "x.onnx")
    with pytest.raises(UnusableModelError, match=r"takes \['x'\]"):
        OnnxEngine(tmp_path / "x.onnx")


@pytest.mark.parametrize(
    ("limit", "machine", "cores_used"),
    [("max 100000", 8, 8), ("200000 100000", 8, 2), ("50000 100000", 8, 1), ("nonsense", 8, 8)],
)
def test_a_container_s_quota_limits_the_cores(monkeypatch, tmp_path, limit, machine, cores_used):
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    monkeypatch.setattr(cores, "_CGROUP_LIMIT", file)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(machine)), raising=False)
    assert cores.available_cores() == cores_used
