"""Runs torch's exporter over a model, quietly, and says in one line where it cannot."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx_ir as ir
import torch
from torch import nn
from transformers import PreTrainedModel

from reeltalk.errors import ReelTalkError, first_line


def trace(model: PreTrainedModel, max_tokens: int) -> ir.Model:
    """Give a graph of input_ids and attention_mask (batch, tokens) -> logits (batch, labels).

    Raises:
        ReelTalkError: if torch cannot export this kind of model.
    """
    ids = torch.randint(5, 100, (2, 16), generator=torch.Generator().manual_seed(0))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=max_tokens)}
    with quiet_exporter(), _export_errors(model):
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
    return program.model


class _LogitsOnly(nn.Module):
    """The model as the exporter likes it: tensors in, one tensor out."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


@contextmanager
def _export_errors(model: PreTrainedModel) -> Iterator[None]:
    try:
        yield
    except torch.onnx.OnnxExporterError as error:
        raise ReelTalkError(
            f"torch cannot export a {model.config.model_type}: {first_line(error)}"
        ) from error


@contextmanager
def quiet_exporter() -> Iterator[None]:
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
