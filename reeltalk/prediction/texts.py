"""Scores what is typed: one text, or standard input line by line."""

import json
import sys
from collections.abc import Iterator

from reeltalk_inference import Predictor, Verdict

from reeltalk.errors import ReelTalkError
from reeltalk.prediction.verdict_rows import verdict_row
from reeltalk.terminal import say


def predict_text(predictor: Predictor, text: str, as_json: bool) -> None:
    """Print the verdict of one text, in words and bars or as JSON."""
    verdict = predictor.predict([text])[0]
    if as_json:
        say(json.dumps(verdict_row(verdict)))
    else:
        _print_verdict(verdict)


def predict_lines(predictor: Predictor) -> None:
    """Score standard input line by line, one JSON object each, as the lines come."""
    for line in _lines():
        verdict = predictor.predict([line])[0]
        say(json.dumps(verdict_row(verdict), ensure_ascii=False))


def _lines() -> Iterator[str]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ReelTalkError(
                f"standard input, line {number}: byte {line[error.start]:#04x} is not UTF-8"
            ) from error


def _print_verdict(verdict: Verdict) -> None:
    if verdict.label is None:
        say(f"{verdict.confidence}: there is nothing to read (no letters, no known symbols)")
        return
    say(f"{verdict.label.capitalize()} ({verdict.confidence.lower()})")
    for label, probability in sorted(verdict.probabilities.items(), reverse=True):
        bar = "#" * round(20 * probability)
        say(f"  {label.lower():8} {bar:20} {100 * probability:5.1f} %")
    if verdict.windows > 1:
        say(f"  read in {verdict.windows} parts, {verdict.tokens_read} tokens")
