"""fine_tune(): the one training loop, which both stages run, around transformers' Trainer."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    set_seed,
)

from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews
from reeltalk.terminal import say
from reeltalk.training.batches import LengthGroupedSampler, labelled_examples
from reeltalk.training.callbacks import Keeper, Progress
from reeltalk.training.checkpoints import last_checkpoint
from reeltalk.training.hardware import Hardware
from reeltalk.training.plan import describe_plan
from reeltalk.training.recipes import ResolvedRecipe
from reeltalk.training.replay import MineDamage, Replay, as_it_reads, take_passages
from reeltalk.training.schedule import NewRows, count_steps, set_trainable
from reeltalk.training.trainer import make_trainer


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
    new_rows: NewRows | None = None,
    replay: Replay | None = None,
    callbacks: Sequence[TrainerCallback] = (),
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
        new_rows: embeddings that learn at a rate of their own.
        replay: reviews of which it is not to forget what it thinks of them.
        callbacks: what else the Trainer tells of each step.

    Raises:
        TrainingInterruptedError: after Ctrl-C, with a checkpoint written.
        ReelTalkError: if one review alone does not fit into memory.
    """
    smoothing = recipe.label_smoothing
    examples = labelled_examples(train, tokenizer, recipe.max_tokens, smoothing)
    held_out = labelled_examples(_by_length(validation), tokenizer, recipe.max_tokens)
    _check_batch(recipe, hardware)
    if hardware.device == "cpu":
        # With no attention dropout, plain matrix products beat the fused kernel on CPUs by a
        # seventh to a third (benchmarks/training.md); on GPUs it is the other way round.
        model.set_attn_implementation("eager")
    set_trainable(model, recipe.freeze)
    step_size = recipe.batch_size * recipe.gradient_accumulation
    passages, guests = None, None
    if replay is not None and replay.ratio > 0:
        model.to(hardware.device)  # type: ignore[arg-type]  # transformers wraps torch's method
        whole = replay.whole_reviews(len(examples), seed)
        ids = labelled_examples(whole, tokenizer, recipe.max_tokens).ids
        examples = examples.followed_by(as_it_reads(model, hardware.precision, ids))
        passages = take_passages(
            replay,
            len(examples),
            step_size,
            model,
            tokenizer,
            hardware.precision,
            work_dir,
            seed,
        )
        guests = passages.behind(len(examples))
        examples = examples.followed_by(passages.examples)
    sampler = LengthGroupedSampler(examples.lengths, step_size, seed, guests)
    steps = count_steps(len(sampler), recipe, hardware.processes)
    if hardware.is_main:
        say(describe_plan(model, examples, sampler, held_out, recipe, steps, hardware))
    begun = time.perf_counter()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    while True:
        set_seed(seed)
        progress, keeper = Progress(), Keeper(hardware.processes)
        trainer = make_trainer(
            model,
            tokenizer,
            examples,
            sampler,
            held_out,
            recipe,
            steps,
            hardware,
            work_dir,
            seed,
            new_rows,
        )
        if passages is not None:
            trainer.add_callback(MineDamage(passages, hardware.precision, steps))
        for callback in (*callbacks, progress, keeper):
            trainer.add_callback(callback)
        try:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            break
        except RuntimeError as error:
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


def _half_the_batch(recipe: ResolvedRecipe, hardware: Hardware) -> ResolvedRecipe:
    """Halve the batch and double the accumulation: the same steps in half the memory.

    An odd batch is parted further, so that the parts still make up the step.
    """
    if hardware.processes > 1:
        raise ReelTalkError(
            f"out of memory with --batch-size {recipe.batch_size} on {hardware.processes} "
            "processes; try half of it with twice the --gradient-accumulation"
        )
    half = max((n for n in range(1, recipe.batch_size) if recipe.batch_size % n == 0), default=0)
    if not half:
        raise ReelTalkError(
            f"one review of {recipe.max_tokens} tokens does not fit into the memory of "
            f"{hardware.name}; try --max-tokens 256, --gradient-checkpointing or --device cpu"
        )
    smaller = replace(
        recipe,
        batch_size=half,
        gradient_accumulation=recipe.gradient_accumulation * recipe.batch_size // half,
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
