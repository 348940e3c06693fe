"""From trained weights to a finished model folder: calibrated, saved, exported and measured."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from reeltalk_inference import Predictor
from reeltalk_inference.engine import FP32_FILE, INT8_FILE, OnnxEngine
from reeltalk_inference.model_config import READING_KEY, read_model_config
from reeltalk_inference.tokens import ReviewTokenizer
from reeltalk_inference.torch_engine import TorchEngine
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from reeltalk.calibration import fit_temperature, fold_temperature
from reeltalk.evaluation import Readings, evaluate, read_all
from reeltalk.export import export_onnx, quantize_onnx
from reeltalk.metrics import expected_calibration_error
from reeltalk.model_folder import CONFIG_FILE, METRICS_FILE, WEIGHTS_FILE, sha256_of, write_json
from reeltalk.reviews import Reviews
from reeltalk.slang import SlangSet
from reeltalk.slang_scores import measure_slang
from reeltalk.splits import Splits
from reeltalk.terminal import say

MOST_INT8_DROP = 0.003
"""Share of right verdicts that int8 may lose against fp32."""

PARITY_ROWS = 2500
"""Test reviews on which int8 is held against fp32; fp32 takes three times as long."""

_TOKENIZER_CONFIG = "tokenizer_config.json"


def assemble_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    max_tokens: int,
    precision: str,
    splits: Splits,
    slang: SlangSet | None,
    folder: Path,
) -> Readings:
    """Fill `folder` with everything but run.json, metrics.json being measured on what it holds.

    Args:
        model: the trained model; its last layer is divided by the temperature.
        tokenizer: its tokenizer.
        max_tokens: the window, special tokens included; what training saw of a review.
        precision: arithmetic in which the validation reviews are read.
        splits: `validation` for the temperature, `test` for the figures.
        slang: a slang set whose held-out rows are measured beside the test.
        folder: an empty folder.

    Returns:
        The finished model's answers to the test reviews.
    """
    save_settings(model, tokenizer, max_tokens, folder)
    calibration = _calibrate(model, precision, splits.validation, folder)
    model.save_pretrained(folder)
    export_onnx(model, folder, max_tokens)
    quantize_onnx(model, folder, max_tokens)
    predictor = Predictor.from_folder(folder)
    scores, readings = evaluate(predictor, splits.test, "measuring on the test reviews")
    int8 = _keep_int8_if_it_agrees(folder, splits.test, readings)
    if not int8["kept"]:
        predictor = Predictor.from_folder(folder)
        scores, readings = evaluate(predictor, splits.test, "measuring on the test reviews")
    uncalibrated = 0.5 * (1 + np.tanh(readings.margins * calibration["temperature"] / 2))
    truth = np.array(splits.test.labels)
    calibration["test_ece_before"] = round(expected_calibration_error(truth, uncalibrated), 6)
    calibration["test_ece_after"] = round(scores.ece, 6)
    cut = (readings.first_window >= 0.5) == (truth == 1)
    metrics: dict[str, Any] = {
        "weights_sha256": sha256_of(folder / WEIGHTS_FILE),
        "onnx_sha256": {
            file: sha256_of(folder / file)
            for file in (FP32_FILE, INT8_FILE)
            if (folder / file).is_file()
        },
        "engine": predictor.engine.name,
        "reviews": {"source": splits.source, "test_sha256": splits.test.sha256()},
        "test": scores.as_json() | {"first_window_accuracy": round(float(cut.mean()), 6)},
        "calibration": calibration,
        "int8": int8,
    }
    if slang is not None:
        metrics["slang"] = measure_slang(predictor, slang)
    write_json(folder / METRICS_FILE, metrics)
    return readings


def save_settings(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, max_tokens: int, folder: Path
) -> None:
    """Save the config with the window, and the tokenizer with its normaliser; no weights yet."""
    setattr(model.config, READING_KEY, {"max_tokens": max_tokens, "stride": max_tokens * 3 // 4})
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # The name under which transformers 4 and 5 and transformers.js all read tokenizer.json as
    # it stands; transformers 5 writes one that only it knows.
    config_file = folder / _TOKENIZER_CONFIG
    config = json.loads(config_file.read_text(encoding="utf-8"))
    write_json(config_file, config | {"tokenizer_class": "PreTrainedTokenizerFast"})


def _calibrate(
    model: PreTrainedModel, precision: str, validation: Reviews, folder: Path
) -> dict[str, float]:
    """Fit one temperature on validation, reading as users' predictor reads, and fold it in."""
    predictor = Predictor(
        ReviewTokenizer.from_file(folder / "tokenizer.json"),
        TorchEngine(model, precision),
        read_model_config(folder / CONFIG_FILE),
    )
    readings = read_all(predictor, validation.texts, "calibrating on the validation reviews")
    truth = np.array(validation.labels)
    temperature = fit_temperature(readings.margins, truth)
    fold_temperature(model, temperature)
    after = 0.5 * (1 + np.tanh(readings.margins / temperature / 2))
    return {
        "temperature": round(temperature, 6),
        "validation_rows": len(validation),
        "validation_ece_before": round(expected_calibration_error(truth, readings.positive), 6),
        "validation_ece_after": round(expected_calibration_error(truth, after), 6),
    }


def _keep_int8_if_it_agrees(folder: Path, test: Reviews, int8: Readings) -> dict[str, Any]:
    """Hold int8's readings of the test against fp32's of a part of it; remove it if it loses."""
    step = max(1, len(test) // PARITY_ROWS)
    sample, truth = test.take(range(0, len(test), step)), np.array(test.labels)[::step] == 1
    predictor = Predictor.from_folder(folder)
    predictor.engine = OnnxEngine(folder / FP32_FILE)
    fp32 = read_all(predictor, sample.texts, "checking int8 against fp32")
    verdicts, theirs = int8.positive[::step] >= 0.5, fp32.positive >= 0.5
    lost = int((theirs == truth).sum()) - int((verdicts == truth).sum())
    # On a few hundred reviews 0.3 points are less than one of them.
    kept = lost <= max(1, MOST_INT8_DROP * len(sample))
    if not kept:
        (folder / INT8_FILE).unlink()
        say(
            f"int8 loses {100 * lost / len(sample):.2f} points against fp32 (allowed "
            f"{100 * MOST_INT8_DROP:g}): the folder keeps fp32 alone"
        )
    return {
        "kept": kept,
        "rows": len(sample),
        "int8_accuracy": round(float((verdicts == truth).mean()), 6),
        "fp32_accuracy": round(float((theirs == truth).mean()), 6),
        "same_verdict": round(float((verdicts == theirs).mean()), 6),
    }
