"""What keeps a second stage from forgetting: the first stage's reviews, replayed.

Each step learns a few passages beside its new rows, and some steps learn whole reviews, as the
model read them before it learnt anything new (learning without forgetting, Li and Hoiem 2016):
their targets are its own probabilities, not the labels, of which a passage need not say anything.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from reeltalk_inference.tokens import ReviewTokenizer
from reeltalk_inference.torch_engine import TorchEngine
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from reeltalk.model_folder import read_json, write_json
from reeltalk.reviews import Reviews
from reeltalk.terminal import progress_bar
from reeltalk.training.batches import Examples, Guests, token_ids
from reeltalk.training.schedule import Steps

# Short enough to cost little beside remarks, long enough to hold an opinion.
_FEWEST_TOKENS, _MOST_TOKENS = 16, 80

_FRESH_SETS = 2

# Whole reviews, so that what comes late in a window is replayed as well; one costs what ten
# remarks cost.
_WHOLE_PER_NEW_ROW = 0.05
_READ_AT_ONCE = 512

_MINED_FILE = "mined.json"
_MINED_SHARE = 0.25


@dataclass(frozen=True)
class Replay:
    """What is to be replayed.

    Attributes:
        reviews: reviews that the model has learnt, to take passages from.
        ratio: passages per new row, as nearly as whole passages per step allow.
    """

    reviews: Reviews
    ratio: float

    def whole_reviews(self, new_rows: int, seed: int) -> Reviews:
        """Draw the reviews that are replayed whole."""
        count = min(round(new_rows * _WHOLE_PER_NEW_ROW), len(self.reviews))
        chosen = np.random.default_rng(seed).choice(len(self.reviews), count, replace=False)
        return self.reviews.take(chosen.tolist())

    def per_step(self, step_size: int) -> int:
        """Give how many examples of each optimizer step are passages."""
        wanted = round(step_size * self.ratio / (1 + self.ratio))
        return min(max(wanted, int(self.ratio > 0)), step_size - 1)


class Passages:
    """Passages for every epoch: two sets that take turns, and what was mined of them.

    Attributes:
        per_step: passages in each optimizer step.
        examples: all of them, with the model's own probabilities as targets.
    """

    def __init__(self, examples: Examples, per_step: int, work_dir: Path) -> None:
        """Take both sets' passages, and find what an interrupted run had mined."""
        self.examples = examples
        self.per_step = per_step
        self._file = work_dir / _MINED_FILE
        self._mined: dict[int, np.ndarray] = {}
        if self._file.is_file():
            mined = read_json(self._file)
            self._mined = {int(epoch): np.array(chosen) for epoch, chosen in mined.items()}

    def of_epoch(self, epoch: int) -> np.ndarray:
        """Give the positions in `examples` of the passages that an epoch replays."""
        if epoch in self._mined:
            return self._mined[epoch]
        return np.array_split(np.arange(len(self.examples)), _FRESH_SETS)[epoch % _FRESH_SETS]

    def behind(self, own: int) -> Guests:
        """Make guests of them, behind `own` other examples."""
        return Guests(own, self.per_step, self.of_epoch)

    def mine(self, model: PreTrainedModel, precision: str, epoch: int) -> None:
        """Have an epoch replay twice what the model has come to read otherwise.

        The quarter of its passages whose probability has moved furthest (right before and
        wrong now among them) takes the place of the quarter that has moved least.
        """
        self._mined.pop(epoch, None)
        positions = self.of_epoch(epoch)
        before = self.examples.targets[positions]
        ids = [self.examples.ids[position] for position in positions]
        moved = np.abs(_read(model, precision, ids, "looking for what was forgotten") - before)
        order = positions[np.argsort(-moved, kind="stable")]
        count = int(len(order) * _MINED_SHARE)
        self._mined[epoch] = np.concatenate([order[: len(order) - count], order[:count]])
        mined = {str(number): chosen.tolist() for number, chosen in self._mined.items()}
        write_json(self._file, mined)


def as_it_reads(model: PreTrainedModel, precision: str, ids: list[np.ndarray]) -> Examples:
    """Make examples of token ids, of which is to be learnt what the model thinks of them now."""
    return Examples(ids, _read(model, precision, ids, "reading what is replayed"))


def take_passages(
    replay: Replay,
    new_rows: int,
    step_size: int,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    precision: str,
    work_dir: Path,
    seed: int,
) -> Passages:
    """Cut passages at random places, and have the model say what it thinks of them.

    Args:
        replay: which reviews, and how many passages.
        new_rows: examples of an epoch that are no passages.
        step_size: examples per optimizer step.
        model: the model before it learns.
        tokenizer: its tokenizer.
        precision: arithmetic to read in.
        work_dir: where what is mined is kept for a resumed run.
        seed: seed of what is cut.
    """
    per_step = replay.per_step(step_size)
    count = _FRESH_SETS * per_step * -(-new_rows // (step_size - per_step))
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(replay.reviews))[:count]
    whole = list(token_ids(replay.reviews.take(chosen.tolist()), tokenizer))
    frame = ReviewTokenizer(tokenizer.backend_tokenizer).frame
    ids = []
    for number in range(count):
        review = whole[number % len(whole)]
        length = int(random.integers(_FEWEST_TOKENS, _MOST_TOKENS + 1))
        start = int(random.integers(0, max(1, len(review) - length + 1)))
        ids.append(frame(review[start : start + length]).astype(np.int32))
    return Passages(as_it_reads(model, precision, ids), per_step, work_dir)


class MineDamage(TrainerCallback):
    """After each epoch but the last, looks for what was forgotten, for the next to replay."""

    def __init__(self, passages: Passages, precision: str, steps: Steps) -> None:
        """Remember what to read, and in which arithmetic."""
        self._passages, self._precision, self._steps = passages, precision, steps

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        model: PreTrainedModel | None = None,
        **_: object,
    ) -> None:
        """Mine for the epoch that comes."""
        if model is not None and state.global_step < self._steps.total:
            epoch = state.global_step // self._steps.per_epoch
            self._passages.mine(model, self._precision, epoch)


def _read(model: PreTrainedModel, precision: str, ids: list[np.ndarray], doing: str) -> np.ndarray:
    """Give the probability of the positive class of each passage."""
    engine = TorchEngine(model, precision)
    # Similar lengths together, so that little is padded.
    order = np.argsort([len(passage) for passage in ids], kind="stable")
    positive = np.zeros(len(ids), dtype=np.float32)
    with progress_bar(doing, "passage", len(ids)) as bar:
        for start in range(0, len(order), _READ_AT_ONCE):
            chunk = order[start : start + _READ_AT_ONCE]
            logits = engine.logits([ids[position] for position in chunk])
            positive[chunk] = 0.5 * (1 + np.tanh((logits[:, 1] - logits[:, 0]) / 2))
            bar.update(len(chunk))
    return positive
