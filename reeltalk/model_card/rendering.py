"""Writes a model repo's README.md from what the model folder says of itself, and nothing else."""

from pathlib import Path

from huggingface_hub import ModelCard
from reeltalk_inference.engine import FP32_FILE, INT8_FILE
from reeltalk_inference.model_config import read_model_config
from reeltalk_inference.verdict import NEGATIVE, POSITIVE

from reeltalk.model_card import body
from reeltalk.model_card.front_matter import card_data
from reeltalk.model_card.provenance import (
    CardLinks,
    is_of_the_sample,
    name_reviews,
    without_paths,
)
from reeltalk.model_folder import CONFIG_FILE, METRICS_FILE, RUN_FILE, read_json

TEMPLATE = Path(__file__).with_name("model_card.md")


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
        card_data=card_data(run, metrics, links),
        template_path=str(TEMPLATE),
        repo_id=links.repo_id,
        title=f"{links.repo_id.rpartition('/')[2]}: sentiment of film reviews",
        summary=body.summary(run, links),
        bundled=is_of_the_sample(run),
        learned=f"{run['reviews']['rows']['train']:,}",
        max_tokens=config.max_tokens,
        onnx_file=INT8_FILE if has_int8 else FP32_FILE,
        dtype="q8" if has_int8 else "fp32",
        labels=labels,
        space_repo_id=links.space_repo_id,
        rows=f"{metrics['test']['rows']:,}",
        reviews=name_reviews(run),
        engine=metrics["engine"],
        results=body.result_rows(metrics),
        per_class=body.class_rows(metrics),
        slang=body.slang_rows(metrics),
        slang_repo_id=links.slang_repo_id,
        calibration=body.calibration(metrics),
        training=body.training(run, links),
        recipe=body.recipe_rows(run),
    )
    return card.content
