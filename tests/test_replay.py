"""Replayed passages: cut from reviews, learnt as the model read them, mined for what it forgot."""

import numpy as np
import pytest
import torch

from reeltalk.base_model import find_base, load_base
from reeltalk.config import Recipe
from reeltalk.model_folder import read_json
from reeltalk.reviews import Reviews
from reeltalk.sources import Source
from reeltalk.training import fine_tune
from reeltalk.training.callbacks import Keeper, TrainingInterruptedError
from reeltalk.training.checkpoints import last_checkpoint
from reeltalk.training.hardware import find_hardware
from reeltalk.training.recipes import resolve_recipe
from reeltalk.training.replay import Replay, take_passages
from tests.tiny import easy_reviews

TEXTS, LABELS = map(list, zip(*easy_reviews(120), strict=True))
OLD = Reviews(TEXTS, LABELS)
# Nearly all of one label: what is learnt of these alone is to say it of everything.
NEW = Reviews([f"vibes {number}" for number in range(40)], [int(n % 10 == 0) for n in range(40)])
MANY = Reviews(NEW.texts * 5, NEW.labels * 5)


def load(folder):
    return load_base(find_base(Source("path", str(folder))), 32, 0)


def passages_of(folder, work_dir, ratio=0.33, seed=0):
    model, tokenizer = load(folder)
    replay = Replay(OLD, ratio)
    return model, take_passages(replay, 50, 16, model, tokenizer, "fp32", work_dir, seed)


def probability(model, ids):
    with torch.no_grad():
        logits = model.eval()(input_ids=torch.tensor(ids[None, :].astype(np.int64))).logits[0]
    return torch.softmax(logits, 0)[1].item()


@pytest.mark.parametrize(
    ("ratio", "passages"), [(0.0, 0), (0.01, 1), (0.33, 4), (1.0, 8), (10.0, 15)]
)
def test_every_step_has_its_share(ratio, passages):
    assert Replay(OLD, ratio).per_step(16) == passages


def test_there_are_as_many_as_fill_the_steps_of_two_epochs(tiny_model, tmp_path):
    _, passages = passages_of(tiny_model, tmp_path)
    steps = 5  # 50 new rows, 12 to a step
    first, second = passages.of_epoch(0), passages.of_epoch(1)
    assert len(first) == len(second) == 4 * steps
    assert not set(first) & set(second)
    assert passages.of_epoch(2).tolist() == first.tolist()


def test_a_passage_is_a_framed_piece_of_a_review(tiny_model, tmp_path):
    _, tokenizer = load(tiny_model)
    _, passages = passages_of(tiny_model, tmp_path)
    wholes = [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS]
    spelled = ["," + ",".join(map(str, ids)) + "," for ids in wholes]
    for ids in passages.examples.ids:
        assert ids[0] == tokenizer.cls_token_id
        assert ids[-1] == tokenizer.sep_token_id
        piece = "," + ",".join(map(str, ids[1:-1].tolist())) + ","
        assert any(piece in whole for whole in spelled)


def test_what_is_to_be_learnt_is_what_the_model_thinks(tiny_model, tmp_path):
    model, passages = passages_of(tiny_model, tmp_path)
    for ids, target in zip(passages.examples.ids, passages.examples.targets, strict=True):
        assert target == pytest.approx(probability(model, ids), abs=1e-4)
    assert 0.05 < passages.examples.targets.std()


def test_one_whole_review_comes_with_twenty_new_rows():
    whole = Replay(OLD, 0.33).whole_reviews(200, seed=0)
    assert len(whole) == 10
    assert set(whole.texts) < set(TEXTS)
    assert Replay(OLD, 0.33).whole_reviews(200, seed=1).texts != whole.texts
    assert len(Replay(OLD, 0.33).whole_reviews(100_000, seed=0)) == len(OLD)


def test_the_seed_decides_what_is_cut(tiny_model, tmp_path):
    cuts = [passages_of(tiny_model, tmp_path, seed=seed)[1].examples for seed in (1, 1, 2)]
    assert [ids.tolist() for ids in cuts[0].ids] == [ids.tolist() for ids in cuts[1].ids]
    assert [ids.tolist() for ids in cuts[0].ids] != [ids.tolist() for ids in cuts[2].ids]


def test_what_was_forgotten_comes_twice_and_what_was_not_gives_way(tiny_model, tmp_path):
    model, passages = passages_of(tiny_model, tmp_path)
    usual = passages.of_epoch(1)
    with torch.no_grad():
        model.classifier.bias += torch.tensor([-1.0, 1.0])
    moved = {
        position: abs(
            probability(model, passages.examples.ids[position])
            - passages.examples.targets[position]
        )
        for position in usual
    }
    passages.mine(model, "fp32", epoch=1)
    mined = passages.of_epoch(1)
    assert len(mined) == len(usual)
    twice = {position for position in mined if (mined == position).sum() == 2}
    gone = set(usual) - set(mined)
    assert len(twice) == len(gone) == len(usual) // 4
    once = set(usual) - twice - gone
    assert min(moved[p] for p in twice) >= max(moved[p] for p in once) - 1e-6
    assert max(moved[p] for p in gone) <= min(moved[p] for p in once) + 1e-6
    assert passages.of_epoch(0).tolist() != mined.tolist()
    _, resumed = passages_of(tiny_model, tmp_path)
    assert resumed.of_epoch(1).tolist() == mined.tolist()


def learn_new(folder, work_dir, ratio, checkpoint=None, new=NEW, epochs=3):
    model, tokenizer = load(folder)
    wanted = {"learning_rate": 3e-3, "epochs": epochs, "max_tokens": 32, "precision": "fp32"}
    recipe = resolve_recipe(Recipe(**wanted, dropout=0.0), "distilbert-2x32", 128)
    hardware = find_hardware("cpu", "fp32")
    replay = Replay(OLD, ratio)
    fine_tune(model, tokenizer, new, NEW, recipe, hardware, work_dir, 0, checkpoint, replay=replay)
    return model, tokenizer


def test_replay_keeps_the_model_thinking_what_it_thought(tiny_model, tmp_path):
    before, tokenizer = load(tiny_model)
    ids = [np.array(tokenizer.encode(text)[:32]) for text in TEXTS]
    thought = np.array([probability(before, review) for review in ids])
    moved = {}
    for ratio in (0.0, 1.0):
        after, _ = learn_new(tiny_model, tmp_path / str(ratio), ratio, new=MANY, epochs=1)
        now = np.array([probability(after, review) for review in ids])
        moved[ratio] = np.abs(now - thought).mean()
    assert moved[1.0] < moved[0.0] / 2


def test_training_looks_for_what_it_forgets_after_each_epoch_but_the_last(tiny_model, tmp_path):
    learn_new(tiny_model, tmp_path, 0.33)
    assert set(read_json(tmp_path / "mined.json")) == {"1", "2"}


class StopInTheSecondEpoch(Keeper):
    """Presses Ctrl-C at step 5 of 3 x 4."""

    def on_step_end(self, args, state, control, **rest):
        self._wished = self._wished or state.global_step == 5
        super().on_step_end(args, state, control, **rest)


def test_an_interrupted_run_replays_the_same_passages(tiny_model, tmp_path, monkeypatch):
    whole, _ = learn_new(tiny_model, tmp_path / "whole", 0.33)
    monkeypatch.setattr("reeltalk.training.fine_tuning.Keeper", StopInTheSecondEpoch)
    with pytest.raises(TrainingInterruptedError, match="stopped at step 5 of 12"):
        learn_new(tiny_model, tmp_path / "parts", 0.33)
    monkeypatch.undo()
    checkpoint = last_checkpoint(tmp_path / "parts")
    resumed, _ = learn_new(tiny_model, tmp_path / "parts", 0.33, checkpoint)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
