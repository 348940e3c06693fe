"""The graphs that benchmarks/engine.py compares, how to run them, and what each changes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime
from reeltalk_inference.cores import available_cores
from reeltalk_inference.engine import FP32_FILE
from reeltalk_inference.tokens import ReviewTokenizer

from reeltalk.config import BUNDLED, ReviewSource
from reeltalk.export import graph as passes
from reeltalk.export import quantize_products
from reeltalk.export.attention import FUSED, attention_of
from reeltalk.export.onnx_files import save_graph
from reeltalk.export.tracing import trace
from reeltalk.reviews import read_reviews
from reeltalk.sources import Source

REVIEWS = 300
"""Bundled training reviews whose first windows' margins are compared with fp32's."""


def write_graphs(folder: Path, max_tokens: int, place: Path) -> dict[str, Path]:
    """Write each step's file, by what it adds to the one before."""
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with attention_of(model, FUSED):
        fused = trace(model, max_tokens)
    passes.join_heads(fused)
    save_graph(fused, place / "fused.onnx")
    passes.follow_first_token(fused)
    save_graph(fused, place / "first.onnx")
    files = {"fp32, as torch exports it": folder / FP32_FILE}
    for name, source in (
        ("int8 products", folder / FP32_FILE),
        ("attention one operator", place / "fused.onnx"),
        ("last layer for the first token", place / "first.onnx"),
    ):
        files[name] = quantize_products(source, place / f"{len(files)}.onnx")
    graph = ir.load(files["last layer for the first token"])
    for name, change in (
        ("vocabulary in int8", passes.shrink_tables),
        ("no mask where nothing is padded", passes.skip_empty_masks),
    ):
        change(graph)
        files[name] = place / f"{len(files)}.onnx"
        save_graph(graph, files[name])
    return files


def margins_moved(files: Mapping[str, Path], windows: list[np.ndarray]) -> dict[str, str]:
    """Say how far each file's margins lie from the first one's, and how many verdicts turn."""
    margins = {}
    for name, file in files.items():
        session = open_session(file, available_cores())
        logits = np.concatenate([run_session(session, window[None, :]) for window in windows])
        margins[name] = logits[:, 1] - logits[:, 0]
    first = next(iter(margins.values()))
    return {
        name: f"{np.abs(own - first).mean():.4f}, {int(((own > 0) != (first > 0)).sum())} turned"
        for name, own in margins.items()
    }


def first_windows(folder: Path, max_tokens: int) -> list[np.ndarray]:
    """Give the ids of bundled training reviews, cut at one window."""
    tokenizer = ReviewTokenizer.from_file(folder / "tokenizer.json")
    reviews = read_reviews(Source("bundled", BUNDLED), ReviewSource())[0]["train"]
    ids = tokenizer.encode(reviews.texts[:: max(1, len(reviews) // REVIEWS)][:REVIEWS])
    return [tokenizer.frame(one[: max_tokens - tokenizer.special_tokens]) for one in ids]


def open_session(file: Path, threads: int, *, spin: bool = True) -> onnxruntime.InferenceSession:
    """Open a file as ReelTalk does, but for what is compared."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spin)))
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def run_session(session: onnxruntime.InferenceSession, windows: np.ndarray) -> np.ndarray:
    """Give logits (windows, labels) of ids (windows, tokens), none of them padding."""
    return session.run(None, {"input_ids": windows, "attention_mask": np.ones_like(windows)})[0]
