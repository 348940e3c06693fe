import numpy as np
import pytest
from transformers import AutoTokenizer

from reeltalk.reviews import Reviews
from reeltalk.training.batches import (
    Guests,
    LengthGroupedSampler,
    collator,
    labelled_examples,
)

LENGTHS = np.random.default_rng(0).integers(5, 500, 1003)


def order(epoch=0, seed=1, step_size=16, lengths=LENGTHS):
    sampler = LengthGroupedSampler(lengths, step_size, seed)
    sampler.epoch = epoch
    return list(sampler)


def test_every_example_comes_once_an_epoch():
    assert sorted(order()) == list(range(1003))


def test_seed_and_epoch_decide_the_order():
    assert order() == order()
    assert order() != order(epoch=1)
    assert order() != order(seed=2)


def test_a_step_holds_reviews_of_about_one_length():
    steps = np.split(LENGTHS[order(epoch=1)], range(16, 1003, 16))
    padded = sum(step.max() * len(step) for step in steps)
    assert padded / LENGTHS.sum() < 1.1


def test_the_largest_step_comes_first_so_that_memory_runs_out_at_once():
    positions = order(epoch=0)
    tokens = [LENGTHS[positions[start : start + 16]].sum() for start in range(0, 992, 16)]
    assert tokens[0] == max(tokens)


@pytest.mark.parametrize("epoch", [0, 1])
def test_lengths_do_not_run_from_long_to_short(epoch):
    """Not even where truncation makes a third of the reviews equally long."""
    lengths = np.minimum(LENGTHS, np.quantile(LENGTHS, 0.66).astype(int))
    positions = order(epoch=epoch, lengths=lengths)
    means = [lengths[positions[start : start + 16]].mean() for start in range(0, 992, 16)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.4


def test_every_step_gets_its_guests():
    lengths = np.random.default_rng(1).integers(5, 90, 103 + 36)
    guests = Guests(first=103, per_step=4, of_epoch=lambda epoch: np.arange(36)[::-1])
    sampler = LengthGroupedSampler(lengths, 16, 1, guests)
    positions = np.array(list(sampler))
    assert len(positions) == len(sampler) == 103 + 36
    assert sorted(positions) == list(range(139))
    steps = np.split(positions, range(16, 139, 16))
    assert [int((step >= 103).sum()) for step in steps] == [4] * 9
    # Long guests are with the long ones of the others.
    means = [(lengths[s[s < 103]].mean(), lengths[s[s >= 103]].mean()) for s in steps]
    assert np.corrcoef(np.array(means).T)[0, 1] > 0.8


def test_label_smoothing_leaves_something_open(tokenizer):
    reviews = Reviews(["great", "awful"], [1, 0])
    assert labelled_examples(reviews, tokenizer, 16).targets.tolist() == [1, 0]
    smoothed = labelled_examples(reviews, tokenizer, 16, label_smoothing=0.1).targets
    assert smoothed.tolist() == pytest.approx([0.95, 0.05])


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return AutoTokenizer.from_pretrained(tiny_model)


def test_long_reviews_keep_head_and_tail(tokenizer):
    review = "great " * 50 + "awful " * 50
    ids = labelled_examples(Reviews([review], [0]), tokenizer, max_tokens=42)[0]["input_ids"]
    kept = tokenizer.convert_ids_to_tokens(ids)
    assert kept == ["[CLS]", *["great"] * 10, *["awful"] * 30, "[SEP]"]


def test_batches_are_padded_to_their_longest_and_no_further(tokenizer):
    reviews = Reviews(["great", "the story is great"], [1, 1])
    examples = labelled_examples(reviews, tokenizer, max_tokens=128)
    batch = collator(tokenizer)([examples[0], examples[1]])
    assert batch["input_ids"].shape == (2, 8)
    assert batch["attention_mask"].sum(dim=1).tolist() == [3, 6]
    assert batch["labels"].tolist() == [1, 1]
