"""What a run will do and how long it will take, said before it begins."""

import math
import time

import torch
from accelerate.utils.memory import should_reduce_batch_size
from transformers import PreTrainedModel

from reeltalk.training.batches import Examples, LengthGroupedSampler
from reeltalk.training.hardware import Hardware
from reeltalk.training.recipes import ResolvedRecipe
from reeltalk.training.schedule import Steps

LONG_RUN_S = 30 * 60

_PROBE_ROWS = 4
_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}

# A forward pass costs about a third of a training step (a backward pass costs two forwards).
_READING_COST = 1 / 3


def seconds_per_token(model: PreTrainedModel, hardware: Hardware, tokens: int) -> float:
    """Time forward and backward passes over a few rows of `tokens` tokens on this machine.

    Leaves the weights and gradients as they were.
    """
    device = torch.device(hardware.device)
    model.to(device)  # type: ignore[arg-type]  # transformers wraps torch's own method
    model.train()
    ids = torch.full((_PROBE_ROWS, tokens), 5, device=device)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    labels = torch.zeros(_PROBE_ROWS, dtype=torch.long, device=device)
    timings = []
    for _ in range(3):
        begun = time.perf_counter()
        with torch.autocast(
            device.type, _AUTOCAST.get(hardware.precision), hardware.precision != "fp32"
        ):
            loss = model(**batch, labels=labels).loss
        loss.backward()
        loss.item()  # waits for a GPU to be done
        timings.append(time.perf_counter() - begun)
        model.zero_grad(set_to_none=True)
    return min(timings[1:]) / (_PROBE_ROWS * tokens)


def describe_plan(
    model: PreTrainedModel,
    train: Examples,
    sampler: LengthGroupedSampler,
    validation: Examples,
    recipe: ResolvedRecipe,
    steps: Steps,
    hardware: Hardware,
) -> str:
    """Word the plan: rows, tokens, steps, device, precision, time, and how to make it shorter."""
    epoch = list(sampler)
    tokens = int(train.lengths[epoch].sum())
    reviews = sampler.own_count
    work = (tokens + int(validation.lengths.sum()) * _READING_COST) * recipe.epochs
    try:
        cost_s = seconds_per_token(model, hardware, max(8, tokens // len(epoch)))
    except RuntimeError as error:
        if not should_reduce_batch_size(error):
            raise
        cost_s = math.nan
    duration_s = work * cost_s / hardware.processes
    effective = recipe.batch_size * recipe.gradient_accumulation
    lines = [
        f"plan: {reviews:,} training reviews"
        + (f" and {len(epoch) - reviews:,} replayed passages" if len(epoch) > reviews else "")
        + f", {tokens:,} tokens "
        f"(at most {recipe.max_tokens} of each review), {len(validation):,} for validation",
        f"      {recipe.epochs:g} epochs, {steps.total:,} steps of {effective} reviews, "
        f"learning rate {recipe.learning_rate:g}",
        f"      {hardware.name}, {hardware.precision}"
        + (f", {hardware.processes} processes" if hardware.processes > 1 else "")
        + f"; {_duration(duration_s)} of training",
    ]
    if duration_s > LONG_RUN_S:
        lines.append(
            "      shorter: --base bundled (22 million parameters), --max-tokens 256, "
            "--epochs 1, or --subset 4000 (fewer reviews)"
        )
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    if math.isnan(seconds):
        return "an unknown time"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
