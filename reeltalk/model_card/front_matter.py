"""The front matter of a card: what the Hub reads of it."""

from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from reeltalk.config import BUNDLED
from reeltalk.model_card.provenance import (
    BUNDLED_ENCODER,
    CardLinks,
    is_of_the_hub,
    name_reviews,
)


def card_data(run: dict[str, Any], metrics: dict[str, Any], links: CardLinks) -> ModelCardData:
    """Give the metadata of a card; its model-index holds figures of metrics.json alone."""
    datasets = [run["reviews"]["source"]] if is_of_the_hub(run) else []
    slang = "slang" in metrics
    if slang and links.slang_repo_id:
        datasets.append(links.slang_repo_id)
    base = run["base"]["name"] if run["base"]["revision"] else ""
    if run["base"]["name"] == BUNDLED:
        base = BUNDLED_ENCODER
    if run["stage"] == "modern":
        base = links.standard_repo_id
    return ModelCardData(
        language="en",
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["sentiment", "film-reviews", "onnx", "transformers.js", "reeltalk"],
        base_model=base or None,
        datasets=datasets or None,
        metrics=["accuracy", "f1"],
        model_name=links.repo_id.rpartition("/")[2],
        eval_results=_eval_results(run, metrics, links),
    )


def _eval_results(
    run: dict[str, Any], metrics: dict[str, Any], links: CardLinks
) -> list[EvalResult]:
    """Flatten metrics.json into the Hub's model-index."""
    source = run["reviews"]["source"] if is_of_the_hub(run) else "custom"
    measured: list[tuple[str, str, str | None, dict[str, Any]]] = [
        (source, name_reviews(run), "test", metrics["test"])
    ]
    if "slang" in metrics and links.slang_repo_id:
        held_out = metrics["slang"]["all"]
        measured.append((links.slang_repo_id, "ReelTalk slang, held-out rows", None, held_out))
    return [
        EvalResult(
            task_type="text-classification",
            dataset_type=where,
            dataset_name=name,
            dataset_split=split,
            metric_type=kind,
            metric_name=title,
            metric_value=scores[key],
        )
        for where, name, split, scores in measured
        for kind, title, key in (
            ("accuracy", "Accuracy", "accuracy"),
            ("f1", "Macro F1", "macro_f1"),
            ("ece", "Expected calibration error, 15 bins", "ece"),
        )
    ]
