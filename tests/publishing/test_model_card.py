"""The card says what the folder says, and its programs run as they stand."""

import json
import re
import shutil

import pytest
from huggingface_hub import ModelCard
from reeltalk_inference import Predictor

from reeltalk.config import HubAccess, UploadModelConfig
from reeltalk.hub import publish_models
from reeltalk.model_card import CardLinks, render_card

REVIEW = "Slow to begin with, but what an ending."
LINKS = CardLinks("alice/m", "alice/reeltalk-standard", "alice/reeltalk-slang", "alice/reeltalk")


@pytest.fixture
def card(tiny_modern):
    return render_card(tiny_modern, LINKS)


def blocks(card, language):
    return re.findall(rf"^```{language}\n(.*?)^```", card, re.M | re.S)


@pytest.fixture
def published_card(hub, project, clock, monkeypatch):
    """The card of a model that is on the Hub for all to read."""
    monkeypatch.setenv("HF_TOKEN", "hf_test_write_alice")
    publish_models(UploadModelConfig(access=HubAccess(public=True)))
    monkeypatch.delenv("HF_TOKEN")
    repo = hub.repos["models", "alice/reeltalk-modern"]
    return repo.text(repo.sha, "README.md")


@pytest.fixture
def expected(tiny_modern):
    return Predictor.from_folder(tiny_modern).predict([REVIEW])[0]


def test_the_transformers_program_runs(published_card, expected, capsys):
    program = blocks(published_card, "python")[0]
    assert REVIEW in program
    exec(program, {})
    (answer,) = eval(capsys.readouterr().out.strip().splitlines()[-1])
    assert answer["label"] == expected.label
    assert answer["score"] == pytest.approx(max(expected.probabilities.values()), abs=0.05)


def test_the_onnxruntime_program_gives_the_predictor_s_answer(published_card, expected, capsys):
    exec(blocks(published_card, "python")[1], {})
    answer = eval(capsys.readouterr().out.strip().splitlines()[-1])
    assert answer == pytest.approx(expected.probabilities, abs=1e-3)


def test_figures_are_those_of_metrics_json(card, tiny_modern):
    metrics = json.loads((tiny_modern / "metrics.json").read_text())
    low, high = metrics["test"]["accuracy_interval"]
    assert f"**{100 * metrics['test']['accuracy']:.2f} %** ({100 * low:.2f} to" in card
    assert f"{100 * metrics['slang']['unseen-both']['accuracy']:.2f} %" in card
    assert f"({metrics['calibration']['temperature']:.3f})" in card
    shown = {result.metric_value for result in ModelCard(card).data.eval_results}
    assert shown >= {metrics["test"]["accuracy"], metrics["slang"]["all"]["macro_f1"]}


def test_the_front_matter_is_what_the_hub_reads(card):
    data = ModelCard(card).data
    assert (data.license, data.language) == ("apache-2.0", "en")
    assert (data.pipeline_tag, data.library_name) == ("text-classification", "transformers")
    assert data.base_model == "alice/reeltalk-standard"


def test_a_model_of_the_sample_says_so(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "standard")
    assert "Trained on a sample" not in render_card(folder, LINKS)
    run = json.loads((folder / "run.json").read_text())
    run["reviews"]["source"] = "bundled"
    (folder / "run.json").write_text(json.dumps(run))
    assert "Trained on a sample" in render_card(folder, LINKS)


def test_reviews_of_the_hub_are_linked_and_others_are_not(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "standard")
    assert ModelCard(render_card(folder, LINKS)).data.datasets is None
    run = json.loads((folder / "run.json").read_text())
    run["reviews"] |= {"source": "stanfordnlp/imdb", "revision": "e6281661"}
    (folder / "run.json").write_text(json.dumps(run))
    data = ModelCard(render_card(folder, LINKS)).data
    assert data.datasets == ["stanfordnlp/imdb"]
    assert data.eval_results[0].dataset_type == "stanfordnlp/imdb"


def test_no_path_of_this_machine_is_in_the_card(card, tiny_modern, tiny_base):
    assert str(tiny_modern.parent) not in card
    assert str(tiny_base) not in card


def test_emoji_are_said_to_be_tokens_only_where_they_are(card, tiny_modern, tmp_path):
    assert "every emoji is a token of its own" in card
    folder = shutil.copytree(tiny_modern, tmp_path / "modern")
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(run | {"emoji_tokens": False}))
    card = render_card(folder, LINKS)
    assert "every emoji" not in card
    assert "on slang and emoji." in card


def test_a_folder_without_int8_names_fp32(tiny_modern, tmp_path):
    folder = shutil.copytree(tiny_modern, tmp_path / "modern")
    (folder / "onnx" / "model_quantized.onnx").unlink()
    card = render_card(folder, LINKS)
    assert "model_quantized" not in card
    assert '{ dtype: "fp32" }' in card
    (program,) = blocks(card, "js")
    assert REVIEW in program
