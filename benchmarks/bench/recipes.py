"""One training by the naive recipe or by ours, in this process, with a clock beside it.

Naive is the usual notebook: every review padded to 512 tokens, fp32, the Trainer's defaults. Ours
is `reeltalk.training.fine_tune` as the scripts call it.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from reeltalk_inference.torch_engine import TorchEngine
from sklearn.metrics import f1_score
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BatchEncoding,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from reeltalk.base_model import BaseModel, encoder_shape, load_base, read_encoder_config
from reeltalk.config import Recipe
from reeltalk.reviews import Reviews
from reeltalk.training import fine_tune
from reeltalk.training.batches import labelled_examples
from reeltalk.training.hardware import find_hardware
from reeltalk.training.recipes import resolve_recipe

STEP_SIZE = 16
NAIVE_TOKENS = 512
SEED = 0


@dataclass
class Learning:
    """How a training went.

    Attributes:
        examples: reviews that were read.
        tokens: tokens of them after truncation; padding is not counted.
        seconds: what that took, with evaluation and checkpoints of the recipe's own.
        scores: macro F1 on an exam's reviews, each with the examples and seconds before it.
    """

    examples: int
    tokens: int
    seconds: float
    scores: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Exam:
    """Reviews that are scored on the way, and the score at which a training has done enough.

    Attributes:
        reviews: each recipe reads them as it reads what it learns.
        target: macro F1.
        every: optimizer steps from one scoring to the next.
    """

    reviews: Reviews
    target: float
    every: int


def learn_naively(base: BaseModel, train: Reviews, exam: Exam | None, place: str) -> Learning:
    """Train one epoch of the usual notebook, with whatever dropout the encoder came with."""
    set_seed(SEED)
    model = AutoModelForSequenceClassification.from_pretrained(base.folder, num_labels=2)
    tokenizer = AutoTokenizer.from_pretrained(base.folder)

    def encode(reviews: Reviews) -> BatchEncoding:
        return tokenizer(
            reviews.texts, padding="max_length", truncation=True, max_length=NAIVE_TOKENS
        )

    encoded = encode(train)
    masks = encoded["attention_mask"]
    examples = [
        {"input_ids": ids, "attention_mask": mask, "labels": label}
        for ids, mask, label in zip(encoded["input_ids"], masks, train.labels, strict=True)
    ]
    arguments = TrainingArguments(
        output_dir=place,
        per_device_train_batch_size=STEP_SIZE,
        num_train_epochs=1,
        use_cpu=True,
        bf16=False,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
        seed=SEED,
    )
    clock = None if exam is None else Clock(exam, _unpadded(encode(exam.reviews)))
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=examples,
        callbacks=[] if clock is None else [clock],
    )
    begun = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - begun
    return _learning([sum(mask) for mask in masks], trainer.state.global_step, seconds, clock)


def learn_as_we_do(
    base: BaseModel,
    train: Reviews,
    held_out: Reviews,
    exam: Exam | None,
    tokens: int,
    rows_to_learn: int,
    place: str,
) -> Learning:
    """Train one epoch with `fine_tune`.

    Args:
        base: the encoder.
        train: what is learnt.
        held_out: what `fine_tune` evaluates at its end.
        exam: what is scored on the way as well, if anything.
        tokens: most tokens of a review.
        rows_to_learn: the recipe is that for so many.
        place: folder for checkpoints.
    """
    recipe = resolve_recipe(
        Recipe(epochs=1.0, max_tokens=tokens, batch_size=STEP_SIZE, device="cpu"),
        encoder_shape(read_encoder_config(base)),
        NAIVE_TOKENS,
    ).for_rows(rows_to_learn)
    model, tokenizer = load_base(base, tokens, SEED, recipe.dropout)

    def examples_of(reviews: Reviews) -> list[np.ndarray]:
        return labelled_examples(reviews, tokenizer, tokens).ids

    clock = None if exam is None else Clock(exam, examples_of(exam.reviews))
    outcome = fine_tune(
        model,
        tokenizer,
        train,
        held_out,
        recipe,
        find_hardware("cpu", "auto"),
        Path(place),
        SEED,
        callbacks=[] if clock is None else [clock],
    )
    lengths = [len(ids) for ids in examples_of(train)]
    return _learning(lengths, outcome.steps, outcome.seconds, clock)


class Clock(TrainerCallback):
    """Scores the exam every so many steps, does not count what that takes, stops at the target."""

    def __init__(self, exam: Exam, ids: list[np.ndarray]) -> None:
        """Take an exam and its reviews' token ids."""
        self._exam, self._ids = exam, ids
        self._precision = find_hardware("cpu", "auto").precision
        self._begun = 0.0
        self.paused = 0.0
        self.scores: list[dict[str, float]] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Start."""
        self._begun = time.perf_counter()

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: PreTrainedModel,
        **_: object,
    ) -> None:
        """Stand still while the exam is scored."""
        if state.global_step % self._exam.every:
            return
        stopped = time.perf_counter()
        verdicts = TorchEngine(model, self._precision).logits(self._ids).argmax(axis=1)
        model.train()
        score = float(f1_score(self._exam.reviews.labels, verdicts, average="macro"))
        self.scores.append(
            {
                "macro_f1": score,
                "examples": state.global_step * STEP_SIZE,
                "seconds": stopped - self._begun - self.paused,
            }
        )
        control.should_training_stop = score >= self._exam.target
        self.paused += time.perf_counter() - stopped


def _learning(lengths: list[int], steps: int, seconds: float, clock: Clock | None) -> Learning:
    """Sum up; of an epoch that was stopped, tokens are counted in proportion."""
    examples = min(steps * STEP_SIZE, len(lengths))
    tokens = sum(lengths) * examples // len(lengths)
    if clock is None:
        return Learning(examples, tokens, seconds)
    return Learning(examples, tokens, seconds - clock.paused, clock.scores)


def _unpadded(encoded: BatchEncoding) -> list[np.ndarray]:
    return [
        np.array(ids[: sum(mask)])
        for ids, mask in zip(encoded["input_ids"], encoded["attention_mask"], strict=True)
    ]
