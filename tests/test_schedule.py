import copy

import pytest
import torch
from transformers import Trainer, TrainingArguments

from reeltalk.base_model import find_base, load_base
from reeltalk.config import Recipe
from reeltalk.errors import ReelTalkError
from reeltalk.sources import Source
from reeltalk.training.recipes import resolve_recipe
from reeltalk.training.schedule import (
    NewRows,
    NewRowsFaster,
    count_steps,
    head_parameters,
    make_optimizer,
    set_trainable,
)


@pytest.fixture
def model(tiny_base):
    return load_base(find_base(Source("path", str(tiny_base))), 64, 0)[0]


def recipe(**flags):
    return resolve_recipe(Recipe(**flags), "distilbert-2x32", most_tokens=64)


@pytest.mark.parametrize("rows", [20, 64, 161])
@pytest.mark.parametrize("accumulation", [1, 3])
@pytest.mark.parametrize("epochs", [1.0, 2.5])
def test_steps_are_counted_as_the_trainer_does(model, tmp_path, rows, accumulation, epochs):
    trainer = Trainer(
        model,
        TrainingArguments(
            str(tmp_path),
            per_device_train_batch_size=16,
            gradient_accumulation_steps=accumulation,
            num_train_epochs=epochs,
            use_cpu=True,
            report_to="none",
        ),
        train_dataset=[0] * rows,
    )
    trainers = trainer.set_initial_training_values(trainer.args, trainer.get_train_dataloader())
    flags = recipe(gradient_accumulation=accumulation, epochs=epochs)
    ours = count_steps(rows, flags, processes=1)
    assert (ours.per_epoch, ours.total) == (trainers[1], trainers[-1])


def learning(model):
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_nothing_is_frozen_by_default(model):
    set_trainable(model, "none")
    assert len(learning(model)) == len(list(model.parameters()))


def test_a_frozen_encoder_leaves_the_head(model):
    set_trainable(model, "encoder")
    assert learning(model) == {
        "pre_classifier.weight",
        "pre_classifier.bias",
        "classifier.weight",
        "classifier.bias",
    }


def test_the_last_layers_can_be_left_free(model):
    set_trainable(model, "all-but-last-1")
    layers = {name.split(".")[3] for name in learning(model) if ".layer." in name}
    assert layers == {"1"}
    assert not [name for name in learning(model) if "embeddings" in name]


def test_a_pooler_belongs_to_the_head():
    bert = load_base(find_base(Source("bundled", "bundled")), 64, 0)[0]
    shapes = sorted(tuple(parameter.shape) for parameter in head_parameters(bert))
    assert shapes == [(2,), (2, 384), (384,), (384, 384)]


@pytest.mark.parametrize("freeze", ["all-but-last-0", "all-but-last-3"])
def test_more_layers_than_there_are_name_the_range(model, freeze):
    with pytest.raises(ReelTalkError, match="2 layers; allowed: all-but-last-1 to all-but-last-2"):
        set_trainable(model, freeze)


def test_biases_and_norms_get_no_weight_decay(model):
    flags = recipe(weight_decay=0.05)
    optimizer, _ = make_optimizer(model, flags, count_steps(160, flags, 1))
    decays = {
        parameter.ndim >= 2: group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert decays == {True: 0.05, False: 0.0}
    assert optimizer.defaults["fused"]


def rates(model, flags, rows=160):
    """The learning rate of (encoder, head) at each step."""
    steps = count_steps(rows, flags, 1)
    optimizer, schedule = make_optimizer(model, flags, steps)
    head = {id(parameter) for parameter in head_parameters(model)}
    groups = [id(group["params"][0]) in head for group in optimizer.param_groups]
    taken = []
    for _ in range(steps.total):
        now = [group["lr"] for group in optimizer.param_groups]
        taken.append((now[groups.index(False)], now[groups.index(True)]))
        optimizer.step()
        schedule.step()
    return taken, optimizer.param_groups[0]["lr"]


def test_the_rate_rises_over_the_warm_up_and_falls_to_nothing(model):
    taken, last = rates(model, recipe(learning_rate=1e-4, epochs=2, warmup=0.2))
    encoder = [rate for rate, _ in taken]
    assert encoder[:4] == pytest.approx([2.5e-5, 5e-5, 7.5e-5, 1e-4])
    assert encoder[4:] == sorted(encoder[4:], reverse=True)
    assert max(encoder) == pytest.approx(1e-4)
    assert last == 0


def test_the_head_learns_first_and_alone(model):
    flags = recipe(learning_rate=1e-4, epochs=2, head_epochs=1, head_learning_rate=1e-2)
    taken, _ = rates(model, flags)
    assert taken[:10] == [(0.0, pytest.approx(1e-2))] * 10
    assert all(encoder == head > 0 for encoder, head in taken[10:])


def test_new_embeddings_learn_at_their_own_rate(model):
    """The step of AdamW is proportional to the rate, so both ways must give the same rows."""
    flags = recipe(learning_rate=1e-3, weight_decay=0.1, warmup=0.0)
    ids = torch.tensor([[2, 7, 8, 9, 3]])
    moved = {}
    for rate in (1e-3, 1e-2):
        twin = copy.deepcopy(model)
        steps = count_steps(160, recipe(learning_rate=rate, weight_decay=0.1, warmup=0.0), 1)
        optimizer, _ = make_optimizer(
            twin, recipe(learning_rate=rate, weight_decay=0.1, warmup=0.0), steps
        )
        moved[rate] = _rows_after_a_step(twin, optimizer, ids)
    steps = count_steps(160, flags, 1)
    optimizer, _ = make_optimizer(model, flags, steps)
    faster = NewRowsFaster(model, flags, NewRows([8, 9], 1e-2))
    rows = _rows_after_a_step(model, optimizer, ids, faster)
    torch.testing.assert_close(rows[[8, 9]], moved[1e-2][[8, 9]])
    torch.testing.assert_close(rows[:8], moved[1e-3][:8])
    assert not torch.allclose(rows[[8, 9]], moved[1e-3][[8, 9]])


def _rows_after_a_step(model, optimizer, ids, callback=None):
    model(ids, labels=torch.tensor([1])).loss.backward()
    if callback is not None:
        callback.on_pre_optimizer_step(None, None, None)
    optimizer.step()
    if callback is not None:
        callback.on_optimizer_step(None, None, None)
    return model.get_input_embeddings().weight.detach().clone()
