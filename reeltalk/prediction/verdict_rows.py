"""The columns that scoring adds to a row, and the model folder that scores."""

from pathlib import Path

from reeltalk_inference import Predictor, Verdict
from reeltalk_inference.verdict import POSITIVE

from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import read_json
from reeltalk.tables import Row

MODEL_FOLDERS = (Path("models/modern"), Path("models/standard"))
"""Where a model is looked for when none is named, best first."""

VERDICT_COLUMNS = ("verdict", "positive", "confidence", "tokens_read", "tokens_total", "windows")


def find_model(named: Path | None) -> Path:
    """Give the model folder to use: the named one, or the best that is there.

    Raises:
        ReelTalkError: if there is none.
    """
    folders = (named,) if named else MODEL_FOLDERS
    for folder in folders:
        if (folder / "config.json").is_file():
            return folder
    looked = " or ".join(str(folder) for folder in folders)
    raise ReelTalkError(f"no model in {looked}; train one with: make train")


def model_id(folder: Path) -> str:
    """Tell models apart: a file half scored by one is not continued by another."""
    metrics = folder / "metrics.json"
    return str(read_json(metrics).get("weights_sha256")) if metrics.is_file() else str(folder)


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
        ReelTalkError: naming the row whose review is no text.
    """
    texts = []
    for number, row in enumerate(rows, start=before + 1):
        text = row.get(text_column)
        if text is not None and not isinstance(text, str):
            raise ReelTalkError(
                f"{file}, row {number}: '{text_column}' holds {text!r}, which is no text; "
                "name the column of the reviews with --text-column"
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
