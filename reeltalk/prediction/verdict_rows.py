"""The columns that scoring adds to a row."""

from reeltalk_inference import Predictor, Verdict
from reeltalk_inference.verdict import POSITIVE

from reeltalk.errors import ReelTalkError
from reeltalk.tables import Row

VERDICT_COLUMNS = ("verdict", "positive", "confidence", "tokens_read", "tokens_total", "windows")


def score_rows(
    predictor: Predictor, rows: list[Row], text_column: str, file: str, before: int
) -> list[Row]:
    """Give rows with the verdict's columns added.

    Args:
        predictor: the model.
        rows: rows of a file, in order.
        text_column: the column of the reviews; nothing in it is an empty review.
        file: the file's name, for messages.
        before: how many of its rows come before these.

    Raises:
        ReelTalkError: naming the row whose review is no text, or that has such columns already.
    """
    texts = []
    for number, row in enumerate(rows, start=before + 1):
        text = row.get(text_column)
        if text is not None and not isinstance(text, str):
            raise ReelTalkError(
                f"{file}, row {number}: '{text_column}' holds {text!r}, which is no text; "
                "name the column of the reviews with --text-column"
            )
        taken = [name for name in VERDICT_COLUMNS if name in row]
        if taken:
            raise ReelTalkError(
                f"{file}, row {number}: the columns {', '.join(taken)} are there already; rename "
                "or drop them"
            )
        texts.append(text or "")
    verdicts = predictor.predict(texts)
    return [row | verdict_row(verdict) for row, verdict in zip(rows, verdicts, strict=True)]


def verdict_row(verdict: Verdict) -> Row:
    """Give a verdict as the columns that it is written in."""
    positive = verdict.probabilities.get(POSITIVE)
    return {
        "verdict": verdict.label,
        "positive": None if positive is None else round(positive, 6),
        "confidence": verdict.confidence,
        "tokens_read": verdict.tokens_read,
        "tokens_total": verdict.tokens_total,
        "windows": verdict.windows,
    }
