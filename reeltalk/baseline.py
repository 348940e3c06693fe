"""What the model has to beat: logistic regression on TF-IDF of words and word pairs.

The same regression on fewer terms is the word model, the Space's last resort.
"""

import json
import time
from pathlib import Path

import numpy as np
from reeltalk_inference.word_model import WordModel, split_words, words_and_pairs
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from reeltalk.calibration import fit_temperature
from reeltalk.config import BaselineConfig
from reeltalk.errors import ReelTalkError
from reeltalk.metrics import Scores, measure
from reeltalk.model_folder import check_file_place
from reeltalk.sources import Hub, choose_dataset, say_substitutes
from reeltalk.splits import Splits, read_splits
from reeltalk.terminal import say

LARGEST_WORD_MODEL_BYTES = 1_000_000


def train_baseline(config: BaselineConfig) -> None:
    """Train both regressions, write the word model, and print their scores on the test split."""
    hub = Hub()
    dataset = choose_dataset(config.source.dataset, hub)
    say_substitutes(hub, dataset)
    check_file_place(config.word_model)
    splits = read_splits(dataset, config.source)
    say(f"{len(splits.train):,} training reviews of {splits.source}")
    begun = time.perf_counter()
    vectorizer, regression = _fit(splits, None)
    positive = regression.predict_proba(vectorizer.transform(splits.test.texts))[:, 1]
    terms = len(vectorizer.vocabulary_)
    _say(f"TF-IDF, {terms:,} terms", measure(splits.test.labels, positive), begun)
    begun = time.perf_counter()
    vectorizer, regression = _fit(splits, _strongest_terms(vectorizer, regression, config))
    _calibrate(regression, vectorizer, splits)
    size = _write_word_model(config.word_model, vectorizer, regression)
    scores = measure_word_model(WordModel.from_file(config.word_model), splits)
    _say(f"word model, {len(vectorizer.vocabulary_):,} terms, {size / 1e6:.2f} MB", scores, begun)
    say(f"written: {config.word_model}")


def measure_word_model(model: WordModel, splits: Splits) -> Scores:
    """Measure the word model as it will run, from its file."""
    verdicts = model.predict(splits.test.texts)
    positive = [verdict.probabilities.get("POSITIVE", 0.5) for verdict in verdicts]
    return measure(splits.test.labels, np.array(positive))


def _fit(
    splits: Splits, vocabulary: list[str] | None
) -> tuple[TfidfVectorizer, LogisticRegression]:
    """Fit on the training reviews; choose the regularization on validation."""
    vectorizer = TfidfVectorizer(
        analyzer=lambda review: words_and_pairs(split_words(review)),
        vocabulary=vocabulary,
        min_df=1 if vocabulary else 2,
        sublinear_tf=True,
        dtype=np.float32,
    )
    train = vectorizer.fit_transform(splits.train.texts)
    held_out = vectorizer.transform(splits.validation.texts)
    candidates = [
        LogisticRegression(C=strength, max_iter=1000).fit(train, splits.train.labels)
        for strength in (1.0, 4.0, 16.0)
    ]
    scores = [one.score(held_out, splits.validation.labels) for one in candidates]
    return vectorizer, candidates[int(np.argmax(scores))]


def _strongest_terms(
    vectorizer: TfidfVectorizer, regression: LogisticRegression, config: BaselineConfig
) -> list[str]:
    """Keep the terms that move verdicts most: by weight, and by how often they occur."""
    strength = np.abs(regression.coef_[0]) / np.sqrt(np.exp(vectorizer.idf_ - 1))
    strongest = np.argsort(-strength)[: config.word_model_terms]
    return sorted(vectorizer.get_feature_names_out()[strongest].tolist())


def _calibrate(regression: LogisticRegression, vectorizer: TfidfVectorizer, splits: Splits) -> None:
    margins = regression.decision_function(vectorizer.transform(splits.validation.texts))
    temperature = fit_temperature(margins, np.array(splits.validation.labels))
    regression.coef_ /= temperature
    regression.intercept_ /= temperature


def _write_word_model(
    file: Path, vectorizer: TfidfVectorizer, regression: LogisticRegression
) -> int:
    names = vectorizer.get_feature_names_out()
    weights = zip(regression.coef_[0].tolist(), vectorizer.idf_.tolist(), strict=True)
    content = {
        "bias": round(float(regression.intercept_[0]), 4),
        "terms": {
            str(name): (round(weight, 2), round(idf, 1))
            for name, (weight, idf) in zip(names, weights, strict=True)
        },
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > LARGEST_WORD_MODEL_BYTES:
        raise ReelTalkError(
            f"the word model would be {size:,} bytes (allowed {LARGEST_WORD_MODEL_BYTES:,}); "
            "keep fewer with --word-model-terms"
        )
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
    return size


def _say(name: str, scores: Scores, begun: float) -> None:
    low, high = scores.accuracy_interval
    say(
        f"{name}: accuracy {100 * scores.accuracy:.2f} % (95 % interval {100 * low:.2f} to "
        f"{100 * high:.2f}), macro F1 {100 * scores.macro_f1:.2f} %, ECE {scores.ece:.4f}, "
        f"{time.perf_counter() - begun:.0f} s"
    )
