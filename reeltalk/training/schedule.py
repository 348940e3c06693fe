"""What learns when, and how fast: frozen parts, the head's own phase, the learning rate."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import torch
from torch import nn
from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState
from transformers import TrainingArguments as Arguments

from reeltalk.errors import ReelTalkError
from reeltalk.training.recipes import ResolvedRecipe


@dataclass(frozen=True)
class Steps:
    """How many optimizer steps a run takes.

    Attributes:
        per_epoch: steps of one pass over the training reviews.
        total: steps of the whole run.
        head: steps at the start in which only the head learns.
    """

    per_epoch: int
    total: int
    head: int


def count_steps(rows: int, recipe: ResolvedRecipe, processes: int) -> Steps:
    """Count optimizer steps the way the Trainer does.

    Args:
        rows: training reviews.
        recipe: batch size, accumulation and epochs.
        processes: processes that share each batch.
    """
    batches = ceil(ceil(rows / (recipe.batch_size // processes)) / processes)
    per_epoch = max(1, ceil(batches / recipe.gradient_accumulation))
    total = ceil(per_epoch * recipe.epochs)
    return Steps(per_epoch, total, min(total, round(per_epoch * recipe.head_epochs)))


def head_parameters(model: PreTrainedModel) -> list[nn.Parameter]:
    """List the parameters above the encoder's layers: classifier and pooler."""
    encoder = {id(parameter) for parameter in _encoder_parameters(model)}
    return [parameter for parameter in model.parameters() if id(parameter) not in encoder]


def set_trainable(model: PreTrainedModel, freeze: str) -> None:
    """Let learn what `freeze` ("none", "encoder", "all-but-last-N") leaves free.

    Raises:
        ReelTalkError: if N is more layers than the encoder has.
    """
    for parameter in model.parameters():
        parameter.requires_grad = True
    if freeze == "none":
        return
    for parameter in _encoder_parameters(model):
        parameter.requires_grad = False
    if freeze == "encoder":
        return
    last, layers = int(freeze.removeprefix("all-but-last-")), _layers(model)
    if not 1 <= last <= len(layers):
        raise ReelTalkError(
            f"--freeze {freeze}: the encoder has {len(layers)} layers; "
            f"allowed: all-but-last-1 to all-but-last-{len(layers)}"
        )
    for layer in list(layers)[-last:]:
        for parameter in layer.parameters():
            parameter.requires_grad = True


def make_optimizer(
    model: PreTrainedModel, recipe: ResolvedRecipe, steps: Steps
) -> tuple[torch.optim.AdamW, torch.optim.lr_scheduler.LambdaLR]:
    """Build fused AdamW over what ever learns, and its learning rate over the steps.

    Biases and LayerNorm get no weight decay (Devlin et al. 2019). The rate rises over the
    warm-up and falls linearly to 0; the encoder's stays 0 while only the head learns.
    """
    head = {id(parameter) for parameter in head_parameters(model)}
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            groups.setdefault((id(parameter) in head, parameter.ndim >= 2), []).append(parameter)
    rate = recipe.learning_rate
    optimizer = torch.optim.AdamW(
        [
            {"params": members, "weight_decay": recipe.weight_decay if decays else 0.0}
            for (_, decays), members in groups.items()
        ],
        lr=rate,
        fused=True,
    )
    factors = [_factor(recipe, steps, is_head) for is_head, _ in groups]
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factors)


class HeadFirst(TrainerCallback):
    """Lets only the head learn in the run's first steps, then what --freeze leaves free."""

    def __init__(self, model: PreTrainedModel, recipe: ResolvedRecipe, steps: Steps) -> None:
        """Remember what to switch, and when."""
        self._model, self._recipe, self._steps = model, recipe, steps

    def on_train_begin(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Begin in the phase that the (resumed) step lies in."""
        in_head_phase = state.global_step < self._steps.head
        set_trainable(self._model, "encoder" if in_head_phase else self._recipe.freeze)

    def on_step_end(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Switch when the head's phase ends."""
        if state.global_step == self._steps.head:
            set_trainable(self._model, self._recipe.freeze)


@dataclass(frozen=True)
class NewRows:
    """Rows of the token embeddings that are new, and so learn at a rate of their own.

    Attributes:
        rows: their token ids.
        learning_rate: peak rate; rises and falls as the recipe's does.
    """

    rows: list[int]
    learning_rate: float


class NewRowsFaster(TrainerCallback):
    """Lengthens the optimizer's steps for new rows of the embeddings.

    AdamW's step is proportional to the learning rate, so a rate for some rows of a parameter is
    the step for all of it, made longer there.
    """

    def __init__(self, model: PreTrainedModel, recipe: ResolvedRecipe, new: NewRows) -> None:
        """Remember which rows, and how much longer."""
        self._weight: nn.Parameter = model.get_input_embeddings().weight  # type: ignore[assignment]
        self._rows = torch.tensor(new.rows)
        self._factor = new.learning_rate / recipe.learning_rate
        self._before = torch.empty(0)

    def on_pre_optimizer_step(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Remember the rows."""
        self._before = self._weight.detach()[self._rows].clone()

    def on_optimizer_step(
        self, args: Arguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Lengthen the step."""
        with torch.no_grad():
            step = self._weight[self._rows] - self._before
            self._weight[self._rows] = self._before + self._factor * step


def _factor(recipe: ResolvedRecipe, steps: Steps, is_head: bool) -> Callable[[int], float]:
    """Give the learning rate at each step as a multiple of the peak rate."""
    warmup = max(1, round((steps.total - steps.head) * recipe.warmup))

    def factor(step: int) -> float:
        if step < steps.head:
            return recipe.head_learning_rate / recipe.learning_rate if is_head else 0.0
        done = step - steps.head
        if done < warmup:
            return (done + 1) / warmup
        return max(0.0, (steps.total - step) / max(1, steps.total - steps.head - warmup))

    return factor


def _layers(model: PreTrainedModel) -> nn.ModuleList:
    count = model.config.num_hidden_layers
    for module in model.base_model.modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module
    raise ReelTalkError(f"--freeze: the layers of a {model.config.model_type} were not found")


def _encoder_parameters(model: PreTrainedModel) -> list[nn.Parameter]:
    return [
        parameter
        for name, parameter in model.base_model.named_parameters()
        if not name.startswith("pooler")
    ]
