"""Whether "What tipped it" names what the verdict hangs on: deleting it against deleting at random.

    python benchmarks/explanations.py models/modern --dataset stanfordnlp/imdb

Of each review a fifth of the words are deleted, first those of the parts that speak most for the
verdict, then as many at random (means of five draws): single words, and, where sentences are
explained, whole sentences too, which take more sense with them. How far the verdict's probability
moves is compared (comprehensiveness of DeYoung et al. 2020, "ERASER").
"""

import random
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reeltalk_inference import Predictor, Verdict
from reeltalk_inference.explanation import Part, explain

from reeltalk.command_line import parse, run
from reeltalk.config import ReviewSource
from reeltalk.config.parts import Flattened, Positional
from reeltalk.sources import Hub, choose_dataset
from reeltalk.splits import read_splits
from reeltalk.terminal import progress_bar

DELETED_SHARE = 0.2
DRAWS = 5


@dataclass(frozen=True)
class BenchmarkConfig:
    """Measure the fidelity of explanations on test reviews."""

    model: Positional[Path] = Path("models/modern")
    """Model folder."""
    reviews: int = 500
    """Test reviews, evenly spaced."""
    source: Flattened[ReviewSource] = field(default_factory=ReviewSource)


@dataclass(frozen=True)
class Moved:
    """How far one review's probability moved: by its named parts, random ones, random words."""

    unit: str
    by_named: float
    by_random: float
    by_words: float


def main() -> None:
    """Measure and print a table."""
    config = parse(BenchmarkConfig)
    predictor = Predictor.from_folder(config.model)
    test = read_splits(choose_dataset(config.source.dataset, Hub()), config.source).test
    step = max(1, len(test) // config.reviews)
    texts = test.texts[::step][: config.reviews]
    moved = []
    with progress_bar("explaining", "review", len(texts)) as bar:
        for number, text in enumerate(texts):
            result = measure(text, predictor, random.Random(number))
            moved += [result] if result else []
            bar.update()
    print(
        "| explained by | reviews | named parts move it by | random words | ratio "
        "| random parts | ratio |"
    )
    print("|---|---|---|---|---|---|---|")
    for unit in ("word", "sentence", "all"):
        rows = [one for one in moved if unit in (one.unit, "all")]
        if rows:
            named = statistics.mean(one.by_named for one in rows)
            chances = [
                statistics.mean(one.by_words for one in rows),
                statistics.mean(one.by_random for one in rows),
            ]
            cells = " | ".join(f"{chance:.3f} | {named / chance:.1f}" for chance in chances)
            print(f"| {unit} | {len(rows)} | {named:.3f} | {cells} |")


def measure(text: str, predictor: Predictor, chance: random.Random) -> Moved | None:
    """Delete the named parts, and as many words at random; None where nothing can be deleted."""
    (base,) = predictor.predict([text])
    explanation = explain(text, predictor.predict)
    if base.label is None or len(explanation.parts) < 2:
        return None
    budget = max(1, round(DELETED_SHARE * count_words(text)))
    direction = 1 if base.label == "POSITIVE" else -1
    ranked = sorted(explanation.parts, key=lambda part: -direction * part.effect)
    texts = [delete(text, take(text, ranked, budget))]
    words = [Part(*span, 0.0) for span in word_spans(text)]
    alike = list(explanation.parts) if explanation.unit == "sentence" else words
    for pool in (words, alike):
        for _ in range(DRAWS):
            texts.append(delete(text, take(text, chance.sample(pool, len(pool)), budget)))
    named, *by_chance = [distance(base, verdict) for verdict in predictor.predict(texts)]
    by_words, by_random = map(statistics.mean, (by_chance[:DRAWS], by_chance[DRAWS:]))
    return Moved(explanation.unit, named, by_random, by_words)


def take(text: str, parts: Sequence[Part], budget: int) -> list[Part]:
    """Take parts in order until a budget of words is spent; at least one."""
    taken: list[Part] = []
    for part in parts:
        words = count_words(text[part.start : part.end])
        if taken and words > budget:
            continue
        taken.append(part)
        budget -= words
        if budget <= 0:
            break
    return taken


def delete(text: str, parts: Sequence[Part]) -> str:
    """Leave parts out of a text."""
    for part in sorted(parts, key=lambda one: -one.start):
        text = text[: part.start] + text[part.end :]
    return text


def distance(base: Verdict, other: Verdict) -> float:
    """Give how far the probability of the base's label has moved."""
    if base.label is None or other.label is None:
        return 0.0
    return abs(base.probabilities[base.label] - other.probabilities[base.label])


def word_spans(text: str) -> list[tuple[int, int]]:
    """Give the place of each word."""
    return [match.span() for match in re.finditer(r"\S+", text)]


def count_words(text: str) -> int:
    """Count words."""
    return len(word_spans(text))


if __name__ == "__main__":
    run(main)
