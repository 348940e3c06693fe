"""fine_tune(): the one training loop, which both stages run, around transformers' Trainer."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size
from sklearn.metrics import f1_score
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_callback import PrinterCallback

from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews
from reeltalk.terminal import say
from reeltalk.training.batches import Examples, LengthGroupedSampler, collator
from reeltalk.training.callbacks import Keeper, Progress
from reeltalk.training.checkpoints import last_checkpoint
from reeltalk.training.hardware import Hardware
from reeltalk.training.plan import describe_plan
from reeltalk.training.recipes import ResolvedRecipe
from reeltalk.training.schedule import HeadFirst, Steps, count_steps, make_optimizer, set_trainable

_EVAL_BATCH_SIZE = 64


@dataclass(frozen=True)
class TrainingOutcome:
    """What training gave, besides the weights, which are in the model itself.

    Attributes:
        recipe: the recipe as it ran; smaller batches than asked for if memory ran out.
        evaluations: epoch, validation macro F1 and loss of each evaluation.
        steps: optimizer steps taken.
        seconds: wall time of this process's part of the training.
    """

    recipe: ResolvedRecipe
    evaluations: list[dict[str, float]]
    steps: int
    seconds: float


def fine_tune(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    train: Reviews,
    validation: Reviews,
    recipe: ResolvedRecipe,
    hardware: Hardware,
    work_dir: Path,
    seed: int,
    checkpoint: Path | None = None,
) -> TrainingOutcome:
    """Train `model` in place and leave it with the weights of its best evaluation.

    Args:
        model: a two-class sequence classifier.
        tokenizer: its tokenizer, with ReelTalk's normaliser.
        train: what to learn from.
        validation: what the best weights are chosen on, by macro F1 after each epoch.
        recipe: resolved recipe (`recipes.resolve_recipe`).
        hardware: where to compute.
        work_dir: where checkpoints go.
        seed: seed of the order of the reviews and of dropout.
        checkpoint: where to continue.

    Raises:
        TrainingInterruptedError: after Ctrl-C, with a checkpoint written.
        ReelTalkError: if one review alone does not fit into memory.
    """
    examples = Examples(train, tokenizer, recipe.max_tokens)
    held_out = Examples(_by_length(validation), tokenizer, recipe.max_tokens)
    _check_batch(recipe, hardware)
    if hardware.device == "cpu":
        # With no attention dropout, plain matrix products beat the fused kernel on CPUs by a
        # seventh to a third (benchmarks/training.md); on GPUs it is the other way round.
        model.set_attn_implementation("eager")
    set_trainable(model, recipe.freeze)
    steps = count_steps(len(examples), recipe, hardware.processes)
    if hardware.is_main:
        say(describe_plan(model, examples, held_out, recipe, steps, hardware))
    begun = time.perf_counter()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    while True:
        set_seed(seed)
        progress, keeper = Progress(), Keeper(hardware.processes)
        trainer = _trainer(
            model, tokenizer, examples, held_out, recipe, steps, hardware, work_dir, seed
        )
        trainer.add_callback(progress)
        trainer.add_callback(keeper)
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            break
        except (RuntimeError, MemoryError) as error:
            if not should_reduce_batch_size(error):
                raise
            recipe = _half_the_batch(recipe, hardware)
            del trainer
            clear_device_cache(garbage_collection=True)
            checkpoint = last_checkpoint(work_dir)
            model.load_state_dict(start)
        finally:
            progress.close()
            keeper.release()
    # accelerate has put its autocast into model.forward; export and int8 want fp32.
    trainer.accelerator.unwrap_model(trainer.model_wrapped, keep_fp32_wrapper=False)
    return TrainingOutcome(
        recipe, _evaluations(trainer), trainer.state.global_step, time.perf_counter() - begun
    )


class _LengthGroupedTrainer(Trainer):
    """A Trainer that takes its examples in the order of a LengthGroupedSampler."""

    def __init__(self, *, sampler: LengthGroupedSampler, **parts: Any) -> None:  # noqa: ANN401
        super().__init__(**parts)
        self._sampler = sampler

    def _get_train_sampler(self, train_dataset: object = None) -> LengthGroupedSampler:
        return self._sampler


class _SamplerEpoch(TrainerCallback):
    """Tells the sampler its epoch, also where a run continues in the middle of one."""

    def __init__(self, sampler: LengthGroupedSampler, steps: Steps) -> None:
        self._sampler, self._steps = sampler, steps

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        self._sampler.epoch = state.global_step // self._steps.per_epoch


def _trainer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    examples: Examples,
    held_out: Examples,
    recipe: ResolvedRecipe,
    steps: Steps,
    hardware: Hardware,
    work_dir: Path,
    seed: int,
) -> Trainer:
    """Put the Trainer together: order of examples, optimizer, phases, early stopping."""
    step_size = recipe.batch_size * recipe.gradient_accumulation
    sampler = LengthGroupedSampler(examples.lengths, step_size, seed)
    trainer = _LengthGroupedTrainer(
        sampler=sampler,
        model=model,
        args=_arguments(recipe, hardware, work_dir, seed),
        train_dataset=examples,
        eval_dataset=held_out,
        data_collator=collator(tokenizer),
        compute_metrics=_macro_f1,
        optimizers=make_optimizer(model, recipe, steps),
        callbacks=[
            EarlyStoppingCallback(recipe.patience),
            HeadFirst(model, recipe, steps),
            _SamplerEpoch(sampler, steps),
        ],
    )
    # The Trainer takes a model whose forward has **kwargs for one that divides its loss by the
    # number of items it is told; a classifier's loss is a mean already, and would otherwise be
    # multiplied by the processes and not divided by the accumulated batches.
    trainer.model_accepts_loss_kwargs = False
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(
    recipe: ResolvedRecipe, hardware: Hardware, work_dir: Path, seed: int
) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(work_dir),
        per_device_train_batch_size=recipe.batch_size // hardware.processes,
        per_device_eval_batch_size=_EVAL_BATCH_SIZE,
        gradient_accumulation_steps=recipe.gradient_accumulation,
        activation_checkpointing=recipe.gradient_checkpointing,
        num_train_epochs=recipe.epochs,
        bf16=hardware.precision == "bf16",
        fp16=hardware.precision == "fp16",
        use_cpu=hardware.device == "cpu",
        ddp_backend="gloo" if hardware.device == "cpu" and hardware.processes > 1 else None,
        ddp_find_unused_parameters=recipe.head_epochs > 0,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        logging_steps=20,
        report_to=recipe.report_to,
        disable_tqdm=True,
        dataloader_pin_memory=hardware.device == "cuda",
        remove_unused_columns=False,
        label_names=["labels"],
        seed=seed,
        data_seed=seed,
    )


def _macro_f1(prediction: EvalPrediction) -> dict[str, float]:
    verdicts = np.argmax(prediction.predictions, axis=1)
    return {"macro_f1": float(f1_score(prediction.label_ids, verdicts, average="macro"))}


def _half_the_batch(recipe: ResolvedRecipe, hardware: Hardware) -> ResolvedRecipe:
    """Halve the batch and double the accumulation: the same steps in half the memory."""
    half = recipe.batch_size // 2
    if half < hardware.processes:
        raise ReelTalkError(
            f"one review of {recipe.max_tokens} tokens does not fit into the memory of "
            f"{hardware.name}; try --max-tokens 256, --gradient-checkpointing or --device cpu"
        )
    smaller = replace(
        recipe, batch_size=half, gradient_accumulation=recipe.gradient_accumulation * 2
    )
    if hardware.is_main:
        say(
            f"out of memory with batches of {recipe.batch_size}: going on with batches of {half} "
            f"and {smaller.gradient_accumulation} of them per step"
        )
    return smaller


def _check_batch(recipe: ResolvedRecipe, hardware: Hardware) -> None:
    if recipe.batch_size % hardware.processes:
        raise ReelTalkError(
            f"--batch-size {recipe.batch_size} cannot be shared by {hardware.processes} "
            f"processes; allowed: multiples of {hardware.processes}"
        )


def _by_length(reviews: Reviews) -> Reviews:
    """Sort by length, so that evaluation batches need little padding."""
    return reviews.take(sorted(range(len(reviews)), key=lambda i: len(reviews.texts[i])))


def _evaluations(trainer: Trainer) -> list[dict[str, float]]:
    return [
        {
            "epoch": entry["epoch"],
            "macro_f1": entry["eval_macro_f1"],
            "loss": entry["eval_loss"],
        }
        for entry in trainer.state.log_history
        if "eval_macro_f1" in entry
    ]
