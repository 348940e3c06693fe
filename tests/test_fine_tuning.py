"""The training loop on a real tiny DistilBERT: it learns, freezes, resumes and halves batches."""

from dataclasses import replace
from typing import ClassVar

import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import f1_score

from reeltalk.base_model import find_base, load_base
from reeltalk.config import Recipe
from reeltalk.errors import ReelTalkError
from reeltalk.reviews import Reviews
from reeltalk.sources import Source
from reeltalk.training import fine_tune
from reeltalk.training.callbacks import Keeper, TrainingInterruptedError
from reeltalk.training.checkpoints import last_checkpoint
from reeltalk.training.hardware import find_hardware
from reeltalk.training.recipes import resolve_recipe
from tests.tiny import easy_reviews

TEXTS, LABELS = map(list, zip(*easy_reviews(240), strict=True))
TRAIN, VALIDATION = Reviews(TEXTS[:200], LABELS[:200]), Reviews(TEXTS[200:], LABELS[200:])


INNER = ("", ".sa_layer_norm", ".ffn.lin1", ".ffn.lin2", ".output_layer_norm")
"""What a DistilBERT layer holds besides its attention."""


def recipe(**flags):
    wanted = {"learning_rate": 3e-3, "epochs": 3, "max_tokens": 32, "precision": "fp32"} | flags
    return resolve_recipe(Recipe(**wanted), "distilbert-2x32", 128)


def train(tiny_base, work_dir, flags, checkpoint=None, seed=0, validation=VALIDATION):
    model, tokenizer = load_base(find_base(Source("path", str(tiny_base))), 32, seed)
    hardware = find_hardware("cpu", flags.precision)
    outcome = fine_tune(
        model, tokenizer, TRAIN, validation, flags, hardware, work_dir, seed, checkpoint
    )
    return model, outcome


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def test_it_learns_what_can_be_learnt(tiny_base, tmp_path):
    _, outcome = train(tiny_base, tmp_path, recipe(epochs=5, patience=5))
    assert max(entry["macro_f1"] for entry in outcome.evaluations) > 0.95
    assert outcome.steps == 65
    assert [entry["epoch"] for entry in outcome.evaluations] == [1, 2, 3, 4, 5]


def test_the_same_seed_gives_the_same_weights(tiny_base, tmp_path):
    first, _ = train(tiny_base, tmp_path / "1", recipe(epochs=1))
    again, _ = train(tiny_base, tmp_path / "2", recipe(epochs=1))
    assert same(weights(first), weights(again))


def test_bf16_trains_fp32_weights(tiny_base, tmp_path):
    if "bf16" not in fine_tuning_precisions():
        pytest.skip("this CPU has no bf16 arithmetic")
    model, outcome = train(tiny_base, tmp_path, recipe(epochs=5, precision="bf16"))
    assert max(entry["macro_f1"] for entry in outcome.evaluations) > 0.9
    assert {value.dtype for value in model.state_dict().values()} == {torch.float32}
    ids = torch.tensor([[2, 50, 60, 3]])
    assert model.eval()(input_ids=ids).logits.dtype == torch.float32


def fine_tuning_precisions():
    from reeltalk.training.hardware import _precisions

    return _precisions("cpu")


def test_the_best_evaluation_s_weights_are_kept(tiny_base, tmp_path):
    """On labels turned round, the more is learnt the worse: an early evaluation is the best."""
    turned = Reviews(VALIDATION.texts, [1 - label for label in VALIDATION.labels])
    flags = recipe(epochs=5, warmup=0.5, patience=5)
    model, outcome = train(tiny_base, tmp_path, flags, validation=turned)
    best = max(entry["macro_f1"] for entry in outcome.evaluations)
    assert outcome.evaluations[-1]["macro_f1"] < 0.1 < best
    verdicts = []
    _, tokenizer = load_base(find_base(Source("path", str(tiny_base))), 32, 0)
    for text in turned.texts:
        ids = tokenizer(text, return_tensors="pt", truncation=True, max_length=32)
        verdicts.append(int(model.eval()(**ids).logits.argmax()))
    assert f1_score(turned.labels, verdicts, average="macro") == pytest.approx(best)


def test_training_stops_when_validation_no_longer_improves(tiny_base, tmp_path):
    _, outcome = train(tiny_base, tmp_path, recipe(epochs=30, learning_rate=0.5, patience=1))
    assert len(outcome.evaluations) < 30


def test_a_frozen_encoder_does_not_change(tiny_base, tmp_path):
    before = weights(load_base(find_base(Source("path", str(tiny_base))), 32, 0)[0])
    model, _ = train(tiny_base, tmp_path, recipe(freeze="encoder", learning_rate=1e-2))
    changed = {
        name for name, value in weights(model).items() if not torch.equal(value, before[name])
    }
    assert changed == {
        "pre_classifier.weight",
        "pre_classifier.bias",
        "classifier.weight",
        "classifier.bias",
    }


def test_two_phases_train_the_head_and_then_the_last_layer(tiny_base, tmp_path):
    flags = recipe(epochs=2, head_epochs=1, freeze="all-but-last-1")
    before = weights(load_base(find_base(Source("path", str(tiny_base))), 32, 0)[0])
    train(tiny_base, tmp_path, flags)
    head = {"pre_classifier", "classifier"}
    for step, learnt in ((13, head), (26, head | {"distilbert.transformer.layer.1"})):
        saved = load_file(tmp_path / f"checkpoint-{step}" / "model.safetensors")
        changed = {name for name, value in saved.items() if not torch.equal(value, before[name])}
        assert {name.rpartition(".")[0].partition(".attention")[0] for name in changed} <= {
            f"{part}{inner}" for part in learnt for inner in INNER
        }
        assert all(any(name.startswith(part) for name in changed) for part in learnt)


def test_checkpointed_activations_give_the_same_model(tiny_base, tmp_path):
    plain, _ = train(tiny_base, tmp_path / "1", recipe(epochs=1))
    flags = recipe(epochs=1, gradient_checkpointing=True)
    checkpointed, _ = train(tiny_base, tmp_path / "2", flags)
    assert checkpointed.is_gradient_checkpointing
    for name, value in weights(plain).items():
        assert torch.allclose(value, checkpointed.state_dict()[name], atol=1e-5), name


class StopAt(Keeper):
    """Presses Ctrl-C at a step."""

    step = 0

    def on_step_end(self, args, state, control, **rest):
        if state.global_step == StopAt.step:
            self._wished = True
        super().on_step_end(args, state, control, **rest)


@pytest.mark.parametrize("step", [1, 13, 20])
def test_an_interrupted_run_continues_to_the_very_weights(tiny_base, tmp_path, monkeypatch, step):
    uninterrupted, _ = train(tiny_base, tmp_path / "whole", recipe())
    monkeypatch.setattr(StopAt, "step", step)
    monkeypatch.setattr("reeltalk.training.fine_tuning.Keeper", StopAt)
    with pytest.raises(TrainingInterruptedError, match=f"stopped at step {step} of 39"):
        train(tiny_base, tmp_path / "parts", recipe())
    monkeypatch.undo()
    checkpoint = last_checkpoint(tmp_path / "parts")
    assert checkpoint.name == f"checkpoint-{step}"
    resumed, outcome = train(tiny_base, tmp_path / "parts", recipe(), checkpoint)
    assert outcome.steps == 39
    assert same(weights(uninterrupted), weights(resumed))


def test_a_finished_training_resumes_to_its_end(tiny_base, tmp_path):
    """A kill while the model is exported or measured does not cost the training again."""
    trained, _ = train(tiny_base, tmp_path, recipe())
    resumed, outcome = train(tiny_base, tmp_path, recipe(), last_checkpoint(tmp_path))
    assert same(weights(trained), weights(resumed))
    assert len(outcome.evaluations) == 3


class OutOfMemoryAbove:
    """Fails as torch does when more than `rows` are in a batch."""

    def __init__(self, rows):
        self.rows = rows

    def __call__(self, module, arguments, keywords):
        if module.training and len(keywords["input_ids"]) > self.rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def test_out_of_memory_halves_the_batch_and_keeps_the_step(
    tiny_base, tmp_path, monkeypatch, capsys
):
    flags = recipe(epochs=1)
    model, tokenizer = load_base(find_base(Source("path", str(tiny_base))), 32, 0)
    model.register_forward_pre_hook(OutOfMemoryAbove(4), with_kwargs=True)
    hardware = find_hardware("cpu", "fp32")
    outcome = fine_tune(model, tokenizer, TRAIN, VALIDATION, flags, hardware, tmp_path / "small", 0)
    assert outcome.recipe == replace(flags, batch_size=4, gradient_accumulation=4)
    assert outcome.steps == 13
    said = capsys.readouterr().out
    assert "out of memory with batches of 16: going on with batches of 8 and 2 of them" in said
    assert "out of memory with batches of 8: going on with batches of 4 and 4 of them" in said


def test_accumulated_batches_learn_what_one_batch_does(tiny_base, tmp_path):
    """Without dropout a step of 4 x 4 is the step of 16, but for the batches' rounding."""
    models = []
    for batch_size, accumulation in ((16, 1), (4, 4)):
        flags = recipe(epochs=1, batch_size=batch_size, gradient_accumulation=accumulation)
        model, tokenizer = load_base(find_base(Source("path", str(tiny_base))), 32, 0)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        hardware, place = find_hardware("cpu", "fp32"), tmp_path / str(accumulation)
        fine_tune(model, tokenizer, TRAIN, VALIDATION, flags, hardware, place, 0)
        models.append(weights(model))
    for name, weight in models[0].items():
        assert torch.allclose(models[1][name], weight, atol=1e-4), name


class EagerKeeper(Keeper):
    """Finds that it is time at every step."""

    saved: ClassVar[list[int]] = []

    def __init__(self, processes):
        super().__init__(processes, every_s=0.0)

    def on_save(self, args, state, control, **rest):
        EagerKeeper.saved.append(state.global_step)


def test_a_checkpoint_is_written_when_it_is_time(tiny_base, tmp_path, monkeypatch):
    monkeypatch.setattr("reeltalk.training.fine_tuning.Keeper", EagerKeeper)
    train(tiny_base, tmp_path, recipe(epochs=1))
    assert EagerKeeper.saved == list(range(1, 14))


def test_one_review_too_many_is_an_error_with_ways_out(tiny_base, tmp_path):
    model, tokenizer = load_base(find_base(Source("path", str(tiny_base))), 32, 0)
    model.register_forward_pre_hook(OutOfMemoryAbove(0), with_kwargs=True)
    hardware = find_hardware("cpu", "fp32")
    with pytest.raises(ReelTalkError, match="does not fit into the memory.*--max-tokens"):
        fine_tune(model, tokenizer, TRAIN, VALIDATION, recipe(), hardware, tmp_path, 0)


def test_the_plan_is_said_first(tiny_base, tmp_path, capsys):
    train(tiny_base, tmp_path, recipe(epochs=1))
    said = capsys.readouterr().out
    assert "200 training reviews" in said
    assert "13 steps of 16 reviews, learning rate 0.003" in said
    assert "CPU cores, fp32; about" in said


def test_a_long_plan_names_the_flags_of_a_shorter_run(tiny_base, tmp_path, monkeypatch, capsys):
    from reeltalk.training import plan

    monkeypatch.setattr(plan, "seconds_per_token", lambda *_: 1.0)
    train(tiny_base, tmp_path, recipe(epochs=1))
    said = capsys.readouterr().out
    assert "about 1.7 h of training" in said
    assert "shorter: --base bundled" in said


def test_a_precision_the_device_lacks_is_refused():
    with pytest.raises(ReelTalkError, match="--precision fp16: .* computes only in"):
        find_hardware("cpu", "fp16")
