"""The sentences and tables of a card."""

from typing import Any

from reeltalk.config import BUNDLED
from reeltalk.model_card.provenance import BUNDLED_ENCODER, CardLinks

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


def summary(run: dict[str, Any], links: CardLinks) -> str:
    """Say what the model does."""
    if run["stage"] == "modern":
        before = "a model of film reviews"
        if links.standard_repo_id:
            before = f"[{links.standard_repo_id}](https://huggingface.co/{links.standard_repo_id})"
        emoji = "; every emoji is a token of its own" if run["emoji_tokens"] else ""
        return (
            "Tells whether a film review recommends the film, in the English that people write "
            f"today. It continues {before} on slang and emoji{emoji}."
        )
    return "Tells whether a film review recommends the film: an encoder fine-tuned on reviews."


def result_rows(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the figures of the test reviews, by name."""
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


def class_rows(metrics: dict[str, Any]) -> list[list[str]]:
    """Give the rows: class, precision, recall, F1, support."""
    return [
        [
            name,
            *(_percent(row[key]) for key in ("precision", "recall", "f1")),
            f"{row['support']:,}",
        ]
        for name, row in metrics["test"]["per_class"].items()
    ]


def slang_rows(metrics: dict[str, Any]) -> list[list[str]]:
    """Give the rows: what is new, rows, accuracy, interval; none if slang was not measured."""
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


def calibration(metrics: dict[str, Any]) -> str:
    """Say what was calibrated, and what came of it."""
    figures = metrics["calibration"]
    return (
        f"One temperature ({figures['temperature']:.3f}), fitted on {figures['validation_rows']:,} "
        "validation texts, is folded into the last layer, so that every reader's softmax is "
        f"calibrated. On the test reviews the expected calibration error went from "
        f"{figures['test_ece_before']:.3f} to {figures['test_ece_after']:.3f}. It holds for texts "
        "like those learnt; on others a probability is less than it says."
    )


def training(run: dict[str, Any], links: CardLinks) -> str:
    """Say what the model was trained from, on what and with which command."""
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


def recipe_rows(run: dict[str, Any]) -> list[tuple[str, Any]]:
    """Give the settings that were trained with, by name."""
    return [(name, run["recipe"][key]) for name, key in _RECIPE if key in run["recipe"]]


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _interval(scores: dict[str, Any]) -> str:
    low, high = scores["accuracy_interval"]
    return f"{100 * low:.2f} to {100 * high:.2f} %"
