"""Turns reviews into verdicts: tokenizes, reads in windows, pools, and answers by label name."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from reeltalk_inference.engine import Engine, OnnxEngine
from reeltalk_inference.model_config import ModelConfig, read_model_config
from reeltalk_inference.tokens import ReviewTokenizer
from reeltalk_inference.verdict import Verdict, unreadable_verdict, verdict_from_probability
from reeltalk_inference.windows import pool_logits, window_starts


class Predictor:
    """Scores reviews with one model. Every consumer's verdicts come from here."""

    def __init__(self, tokenizer: ReviewTokenizer, engine: Engine, config: ModelConfig) -> None:
        """Join the parts; `from_folder` is the usual way."""
        self.engine = engine
        self.config = config
        self._tokenizer = tokenizer
        self._window_size = config.max_tokens - tokenizer.special_tokens
        self._stride = min(config.stride, self._window_size)

    @classmethod
    def from_folder(cls, folder: str | Path, threads: int | None = None) -> "Predictor":
        """Open a model folder: config.json, tokenizer.json and onnx/.

        Raises:
            UnusableModelError: if a part is missing, damaged, or its labels make no sense.
        """
        folder = Path(folder)
        config = read_model_config(folder / "config.json")
        tokenizer = ReviewTokenizer.from_file(folder / "tokenizer.json")
        return cls(tokenizer, OnnxEngine.from_folder(folder, threads), config)

    def predict(self, reviews: Sequence[str]) -> list[Verdict]:
        """Give the verdict of each review, in order, however long each of them is.

        A review longer than the model's limit is read whole: in overlapping windows, whose
        logits are averaged before the softmax.
        """
        ids = self._tokenizer.encode(reviews)
        readable = [i for i in range(len(ids)) if self._tokenizer.is_readable(ids[i])]
        windows = [self._cut(ids[i]) for i in readable]
        logits = self._score([window for cut in windows for window in cut])
        verdicts = [unreadable_verdict(len(review)) for review in ids]
        done = 0
        for i, cut in zip(readable, windows, strict=True):
            verdicts[i] = self._verdict(logits[done : done + len(cut)], len(ids[i]))
            done += len(cut)
        return verdicts

    def predict_stream(self, reviews: Iterable[str], chunk: int = 256) -> Iterator[Verdict]:
        """Give verdicts one by one, holding no more than `chunk` reviews in memory."""
        remaining = iter(reviews)
        while batch := list(islice(remaining, chunk)):
            yield from self.predict(batch)

    def _cut(self, ids: np.ndarray) -> list[np.ndarray]:
        starts = window_starts(len(ids), self._window_size, self._stride)
        return [self._tokenizer.frame(ids[s : s + self._window_size]) for s in starts]

    def _score(self, windows: list[np.ndarray]) -> np.ndarray:
        """Score windows and put the columns in the order (negative, positive)."""
        if not windows:
            return np.empty((0, 2), dtype=np.float32)
        return self.engine.logits(windows)[:, [self.config.negative, self.config.positive]]

    def _verdict(self, window_logits: np.ndarray, tokens: int) -> Verdict:
        negative, positive = pool_logits(window_logits.astype(np.float64))
        probability = 0.5 * (1.0 + np.tanh((positive - negative) / 2))  # the softmax, no overflow
        votes = tuple((float(window[0]), float(window[1])) for window in window_logits)
        return verdict_from_probability(float(probability), tokens, tokens, votes)
