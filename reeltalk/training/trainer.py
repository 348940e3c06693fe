"""transformers' Trainer put together for one recipe: order of reviews, optimizer, phases, loss."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import nn
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
)
from transformers.integrations import TensorBoardCallback
from transformers.trainer_callback import PrinterCallback

from reeltalk.training.batches import Examples, LengthGroupedSampler, collator
from reeltalk.training.hardware import Hardware
from reeltalk.training.recipes import ResolvedRecipe
from reeltalk.training.schedule import HeadFirst, NewRows, NewRowsFaster, Steps, make_optimizer

# Without gradients, four times the rows of a training batch fit into a GPU's memory. A CPU reads
# a seventh slower with batches that leave its caches.
_EVAL_ROWS_PER_ROW = {"cpu": 1, "cuda": 4}
_MOST_EVAL_ROWS = 64


def make_trainer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    examples: Examples,
    sampler: LengthGroupedSampler,
    held_out: Examples,
    recipe: ResolvedRecipe,
    steps: Steps,
    hardware: Hardware,
    work_dir: Path,
    seed: int,
    new_rows: NewRows | None = None,
) -> Trainer:
    """Put the Trainer together: order of examples, loss, optimizer, phases, early stopping."""
    trainer = _ProbabilityTrainer(
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
    # number of items it is told; ours is a batch's mean already, and would otherwise be
    # multiplied by the processes and not divided by the accumulated batches.
    trainer.model_accepts_loss_kwargs = False
    trainer.remove_callback(PrinterCallback)
    if new_rows is not None:
        trainer.add_callback(NewRowsFaster(model, recipe, new_rows))
    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback):
            # Its own place is in the work folder, which goes when the run has succeeded.
            callback.logging_dir = str(work_dir.with_suffix(".runs"))
    return trainer


class _ProbabilityTrainer(Trainer):
    """A Trainer whose labels are probabilities, in the order of a LengthGroupedSampler."""

    def __init__(self, *, sampler: LengthGroupedSampler, **parts: Any) -> None:  # noqa: ANN401
        super().__init__(**parts)
        self._sampler = sampler

    def _get_train_sampler(self, train_dataset: object = None) -> LengthGroupedSampler:
        return self._sampler

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        """Give the batch's mean cross-entropy with the probabilities that are to be learnt."""
        positive = inputs.pop("labels")
        outputs = model(**inputs)
        wanted = torch.stack([1 - positive, positive], dim=1)
        loss = nn.functional.cross_entropy(outputs.logits.float(), wanted)
        return (loss, outputs) if return_outputs else loss


class _SamplerEpoch(TrainerCallback):
    """Tells the sampler its epoch, also where a run continues in the middle of one."""

    def __init__(self, sampler: LengthGroupedSampler, steps: Steps) -> None:
        self._sampler, self._steps = sampler, steps

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        self._sampler.epoch = state.global_step // self._steps.per_epoch


def _arguments(
    recipe: ResolvedRecipe, hardware: Hardware, work_dir: Path, seed: int
) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=str(work_dir),
        per_device_train_batch_size=recipe.batch_size // hardware.processes,
        per_device_eval_batch_size=min(
            _MOST_EVAL_ROWS,
            _EVAL_ROWS_PER_ROW.get(hardware.device, 1) * recipe.batch_size // hardware.processes,
        ),
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
        restore_callback_states_from_checkpoint=True,
    )
    # One process, one GPU. The Trainer would spread one process over all GPUs in threads, with a
    # batch on each of them; several are what torchrun and accelerate launch are for.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments


def _macro_f1(prediction: EvalPrediction) -> dict[str, float]:
    verdicts = np.argmax(prediction.predictions, axis=1)
    truth = np.asarray(prediction.label_ids) >= 0.5
    return {"macro_f1": float(f1_score(truth, verdicts, average="macro"))}
