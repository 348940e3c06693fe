"""Writes a model repo's README.md from what the model folder says of itself, and nothing else."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from reeltalk_inference.engine import FP32_FILE, INT8_FILE
from reeltalk_inference.model_config import read_model_config
from reeltalk_inference.verdict import NEGATIVE, POSITIVE

from reeltalk.config import BUNDLED
from reeltalk.model_folder import CONFIG_FILE, METRICS_FILE, RUN_FILE, read_json

BUNDLED_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
TEMPLATE = Path(__file__).with_name("model_card.md")

_PATH = re.compile(r"(?<![\w:/.~-])(?:[A-Za-z]:[\\/]|~?/)(?:[^\s\"'\\/]+[\\/])*([^\s\"'\\/]+)")

_RECIPE = (
    ("learning rate", "learning_rate"),
    ("epochs", "epochs"),
    ("batch size", "batch_size"),
    ("tokens of a review", "max_tokens"),
    ("weight decay", "weight_decay"),
    ("warm-up", "warmup"),
    ("dropout of hidden layers", "dropout"),
    ("label smoothing", "label_smoothing"),
)


@dataclass(frozen=True)
class CardLinks:
    """The repos that a card names.

    Attributes:
        repo_id: the model's own.
        standard_repo_id: where stage 1 is published; "" if it is not.
        slang_repo_id: where the slang set is published; "" if it is not.
        space_repo_id: the Space that reads with it; "" if there is none.
    """

    repo_id: str = ""
    standard_repo_id: str = ""
    slang_repo_id: str = ""
    space_repo_id: str = ""


def render_card(folder: Path, links: CardLinks) -> str:
    """Render the card of a model folder from its run.json, metrics.json and config.json.

    Raises:
        ReelTalkError: if one of them is missing or damaged.
    """
    run = without_paths(read_json(folder / RUN_FILE))
    metrics = read_json(folder / METRICS_FILE)
    config = read_model_config(folder / CONFIG_FILE)
    has_int8 = (folder / INT8_FILE).is_file()
    labels = [NEGATIVE, POSITIVE] if config.negative == 0 else [POSITIVE, NEGATIVE]
    card = ModelCard.from_template(
        card_data=_card_data(run, metrics, links),
        template_path=str(TEMPLATE),
        repo_id=links.repo_id,
        title=f"{links.repo_id.rpartition('/')[2]}: sentiment of film reviews",
        summary=_summary(run, links),
        bundled=is_of_the_sample(run),
        learned=f"{run['reviews']['rows']['train']:,}",
        max_tokens=config.max_tokens,
        onnx_file=INT8_FILE if has_int8 else FP32_FILE,
        dtype="q8" if has_int8 else "fp32",
        labels=labels,
        space_repo_id=links.space_repo_id,
        rows=f"{metrics['test']['rows']:,}",
        reviews=_reviews(run),
        engine=metrics["engine"],
        results=_results(metrics),
        per_class=_per_class(metrics),
        slang=_slang(metrics),
        slang_repo_id=links.slang_repo_id,
        calibration=_calibration(metrics),
        training=_training(run, links),
        recipe=[(name, run["recipe"][key]) for name, key in _RECIPE if key in run["recipe"]],
    )
    return card.content


def without_paths(content: Any) -> Any:  # noqa: ANN401  (any JSON value)
    """Cut absolute paths in the strings of a JSON value to their last name."""
    if isinstance(content, dict):
        return {key: without_paths(value) for key, value in content.items()}
    if isinstance(content, list):
        return [without_paths(value) for value in content]
    return _PATH.sub(r"\1", content) if isinstance(content, str) else content


def is_of_the_sample(run: dict[str, Any]) -> bool:
    """Tell whether a model learnt from the reviews that come with the project."""
    return run["reviews"]["source"] == BUNDLED


def _card_data(run: dict[str, Any], metrics: dict[str, Any], links: CardLinks) -> ModelCardData:
    datasets = [run["reviews"]["source"]] if _is_of_the_hub(run) else []
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
    source = run["reviews"]["source"] if _is_of_the_hub(run) else "custom"
    measured: list[tuple[str, str, str | None, dict[str, Any]]] = [
        (source, _reviews(run), "test", metrics["test"])
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


def _is_of_the_hub(run: dict[str, Any]) -> bool:
    return bool(run["reviews"].get("revision"))


def _reviews(run: dict[str, Any]) -> str:
    if is_of_the_sample(run):
        return "the test split of ReelTalk's bundled reviews"
    if _is_of_the_hub(run):
        return f"the test split of {run['reviews']['source']}"
    return f"the test split of {Path(run['reviews']['source']).name}, local files"


def _summary(run: dict[str, Any], links: CardLinks) -> str:
    if run["stage"] == "modern":
        before = "a model of film reviews"
        if links.standard_repo_id:
            before = f"[{links.standard_repo_id}](https://huggingface.co/{links.standard_repo_id})"
        return (
            "Tells whether a film review recommends the film, in the English that people write "
            f"today. It continues {before} "
            "on slang and emoji; every emoji is a token of its own."
        )
    return "Tells whether a film review recommends the film: an encoder fine-tuned on reviews."


def _results(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    test = metrics["test"]
    return [
        ("accuracy", f"**{_percent(test['accuracy'])}** ({_interval(test)}, 95 % Wilson)"),
        ("macro F1", _percent(test["macro_f1"])),
        ("macro precision, recall", f"{_percent(test['macro_precision'])}, "
         f"{_percent(test['macro_recall'])}"),
        ("accuracy on the first window alone", _percent(test["first_window_accuracy"])),
        ("expected calibration error, 15 bins", f"{test['ece']:.3f}"),
        ("negative log-likelihood, Brier", f"{test['nll']:.3f}, {test['brier']:.3f}"),
    ]  # fmt: skip


def _per_class(metrics: dict[str, Any]) -> list[list[str]]:
    return [
        [
            name,
            *(_percent(row[key]) for key in ("precision", "recall", "f1")),
            f"{row['support']:,}",
        ]
        for name, row in metrics["test"]["per_class"].items()
    ]


def _slang(metrics: dict[str, Any]) -> list[list[str]]:
    names = {
        "all": "all",
        "unseen-template": "known expressions, new sentence patterns",
        "unseen-term": "new expressions, known patterns",
        "unseen-both": "both new",
    }
    measured = metrics.get("slang", {})
    return [
        [title, f"{scores['rows']:,}", _percent(scores["accuracy"]), _interval(scores)]
        for key, title in names.items()
        if (scores := measured.get(key))
    ]


def _calibration(metrics: dict[str, Any]) -> str:
    figures = metrics["calibration"]
    return (
        f"One temperature ({figures['temperature']:.3f}), fitted on {figures['validation_rows']:,} "
        "validation texts, is folded into the last layer, so that every reader's softmax is "
        f"calibrated. On the test reviews the expected calibration error went from "
        f"{figures['test_ece_before']:.3f} to {figures['test_ece_after']:.3f}. It holds for texts "
        "like those learnt; on others a probability is less than it says."
    )


def _training(run: dict[str, Any], links: CardLinks) -> str:
    minutes = run["wall_seconds"] / 60
    start = BUNDLED_ENCODER if run["base"]["name"] == BUNDLED else run["base"]["name"]
    if run["stage"] == "modern":
        start = links.standard_repo_id or "the standard model"
    besides = ""
    if "extra_data" in run:
        besides = (
            f" ({run['extra_data']['learned']:,} of them visitors' feedback or other extra data)"
        )
    return (
        f"From {start}, {run['learned']['rows']:,} texts{besides}, in {minutes:.0f} minutes on "
        f"{run['training']['device']} ({run['training']['precision']}), by `{run['command']}`."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _interval(scores: dict[str, Any]) -> str:
    low, high = scores["accuracy_interval"]
    return f"{100 * low:.2f} to {100 * high:.2f} %"
