"""Both stages from flags to model folder, and what other libraries read in the folder."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from reeltalk_inference import Predictor
from reeltalk_inference.engine import FP32_FILE, OnnxEngine
from safetensors.torch import load_file
from tokenizers import Tokenizer

from reeltalk import assembly
from reeltalk.config import Recipe, ReviewSource, ScoresConfig
from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import sha256_of
from reeltalk.reports import print_scores
from reeltalk.reviews import Reviews
from reeltalk.slang import put_aside, read_slang
from reeltalk.sources import BUNDLED_ACCURACY
from reeltalk.splits import Splits
from reeltalk.stages import modern as modern_stage
from reeltalk.stages import train_modern, train_standard
from reeltalk.training.recipes import SlangRecipe
from tests.conftest import NO_HUB, REPOSITORY, augment_config, tiny_config
from tests.test_sources import point_to
from tests.tiny import easy_reviews


def read(folder, name):
    return json.loads((folder / name).read_text())


def test_the_folder_holds_what_later_parts_rely_on(tiny_model):
    files = {path.relative_to(tiny_model).as_posix() for path in tiny_model.rglob("*")}
    assert files == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "run.json",
        "metrics.json",
        "onnx",
        "onnx/model.onnx",
        "onnx/model_quantized.onnx",
    }
    assert not list(tiny_model.parent.glob("*.unfinished"))


def test_config_names_labels_and_window(tiny_model):
    config = read(tiny_model, "config.json")
    assert config["id2label"] == {"0": "NEGATIVE", "1": "POSITIVE"}
    assert config["reading"] == {"max_tokens": 32, "stride": 24}
    assert read(tiny_model, "tokenizer_config.json")["tokenizer_class"] == "PreTrainedTokenizerFast"


def test_metrics_are_bound_to_the_weights(tiny_model):
    metrics = read(tiny_model, "metrics.json")
    assert metrics["weights_sha256"] == sha256_of(tiny_model / "model.safetensors")
    for file, digest in metrics["onnx_sha256"].items():
        assert digest == sha256_of(tiny_model / file)
    assert metrics["test"]["rows"] == 30
    assert metrics["test"]["accuracy"] >= 0.9
    assert metrics["int8"]["kept"]
    assert metrics["calibration"]["temperature"] > 0


def test_the_run_can_be_told_from_its_record(tiny_model, tiny_base, easy_file):
    run = read(tiny_model, "run.json")
    assert run["stage"] == "standard"
    assert run["base"]["name"] == str(tiny_base)
    assert run["base"]["sha256"] == {
        "model.safetensors": sha256_of(tiny_base / "model.safetensors")
    }
    assert run["recipe"]["learning_rate"] == 3e-3
    assert run["reviews"]["source"] == str(easy_file)
    assert sum(run["reviews"]["rows"].values()) == 300
    assert run["seed"] == 42
    assert run["wall_seconds"] > 0
    assert run["versions"]["torch"].startswith("2.")
    assert run["training"]["evaluations"]


def test_transformers_gives_our_verdicts_with_no_code_of_ours(tiny_model):
    """The normaliser, the labels and the temperature are all inside the folder."""
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(tiny_model), top_k=None, device="cpu")
    predictor = Predictor.from_folder(tiny_model)
    predictor.engine = OnnxEngine(tiny_model / FP32_FILE)
    texts = [text.replace(" is ", " is<br />") for text, _ in easy_reviews(100)[::5]]
    for text, verdict in zip(texts, predictor.predict(texts), strict=True):
        assert verdict.windows == 1
        theirs = {entry["label"]: entry["score"] for entry in classify([text])[0]}
        assert theirs == pytest.approx(verdict.probabilities, abs=1e-6)


def test_without_a_hub_the_run_goes_on_and_one_line_says_with_what(
    tiny_base, tmp_path, monkeypatch, capsys
):
    point_to(monkeypatch, NO_HUB)
    monkeypatch.setattr("reeltalk.sources._is_cached", lambda repo_id, what: False)
    config = tiny_config(tiny_base, "bundled", tmp_path / "standard", epochs=1)
    train_standard(replace(config, source=ReviewSource(dataset=None, subset=40)))
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if NO_HUB in line] == [
        f"the Hub ({NO_HUB}) does not answer: using the bundled reviews instead; about "
        f"{BUNDLED_ACCURACY} % right on IMDb's test, where IMDb gives 93 %"
    ]
    print_scores(ScoresConfig((tmp_path / "standard",)))
    assert f"easier than real ones, of which about {BUNDLED_ACCURACY} %" in capsys.readouterr().out
    run = read(tmp_path / "standard", "run.json")
    assert run["reviews"]["source"] == "bundled"
    assert run["reviews"]["rows"]["train"] == 40


def test_an_encoder_too_large_for_an_onnx_file_is_refused_before_it_learns(
    tiny_base, easy_file, tmp_path
):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    config = read(base, "config.json") | {"vocab_size": 20_000_000}
    (base / "config.json").write_text(json.dumps(config))
    with pytest.raises(ReelTalkError, match="has 640 million weights.* up to 537 million"):
        train_standard(tiny_config(base, easy_file, tmp_path / "model"))
    assert not (tmp_path / "model").exists()


def test_stage_2_measures_slang_and_remembers_stage_1(tiny_modern, tiny_model):
    metrics, run = read(tiny_modern, "metrics.json"), read(tiny_modern, "run.json")
    held_out = {"unseen-term", "unseen-template", "unseen-both"}
    assert set(metrics["slang"]) == {"all", "kinds", *held_out}
    assert metrics["slang"]["all"]["rows"] == sum(
        metrics["slang"][part]["rows"] for part in held_out
    )
    assert run["stage"] == "modern"
    assert run["standard_sha256"] == sha256_of(tiny_model / "model.safetensors")
    assert run["reviews"] == read(tiny_model, "run.json")["reviews"]
    assert metrics["reviews"] == read(tiny_model, "metrics.json")["reviews"]
    assert read(tiny_modern, "config.json")["reading"] == {"max_tokens": 32, "stride": 24}


def test_stage_2_tells_emoji_apart(tiny_modern, tiny_model):
    standard, taught = (
        Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (tiny_model, tiny_modern)
    )
    assert standard.encode("🔥").ids == standard.encode("💩").ids
    assert taught.encode("🔥").ids != taught.encode("💩").ids
    assert taught.encode("great acting").ids == standard.encode("great acting").ids
    weights = load_file(tiny_modern / "model.safetensors")
    (table,) = (value for name, value in weights.items() if "word_embeddings" in name)
    assert len(table) == taught.get_vocab_size()
    assert Predictor.from_folder(tiny_modern).predict(["🔥"])[0].label is not None


def test_emoji_tokens_can_be_left_out(tiny_model, tmp_path):
    config = augment_config(tiny_model, tmp_path / "modern", emoji_tokens=False, replay=0.0)
    few = tmp_path / "slang.csv"
    lines = config.slang_file.read_text(encoding="utf-8").splitlines()
    few.write_text("\n".join(lines[:200]), encoding="utf-8")
    train_modern(replace(config, slang_file=few))
    assert read(tmp_path / "modern", "tokenizer.json") == read(tiny_model, "tokenizer.json")


@pytest.mark.parametrize(
    ("reviews", "most", "taken"), [(10, None, 3800), (8000, None, 4000), (8000, 100, 100)]
)
def test_stage_2_takes_slang_in_proportion_to_stage_1_but_enough_of_it(reviews, most, taken):
    slang = read_slang(REPOSITORY / "data" / "slang.csv")
    part = Reviews([f"review {number}" for number in range(reviews)], [0, 1] * (reviews // 2))
    splits = Splits(part, part, part, "reviews", "", {})
    lessons = modern_stage.choose_slang(slang, splits, most, seed=0)
    assert len(lessons.learned) == taken
    assert len(lessons.chosen_on) - reviews == max(20, min(500, taken // 10))
    assert set(lessons.learned.texts) <= set(slang.of_split("seen").texts)


def test_stage_2_is_chosen_on_terms_and_templates_that_it_did_not_learn():
    slang = read_slang(REPOSITORY / "data" / "slang.csv")
    learnt, aside = put_aside(slang, 0.05, seed=0)
    pairs = {(row["kind"], row["template"]) for row in learnt.rows}
    terms = {row["term"] for row in learnt.rows}
    assert all(row["split"] == "seen" for row in [*learnt.rows, *aside.rows])
    assert len(learnt.rows) + len(aside.rows) == len(slang.of_split("seen"))
    assert 0.05 < len(aside.rows) / len(learnt.rows) < 0.2
    for row in aside.rows:
        assert row["term"] not in terms or (row["kind"], row["template"]) not in pairs


def test_more_slang_than_there_is_is_refused(tiny_model, tmp_path):
    with pytest.raises(ReelTalkError, match="--slang-rows 20000 is more than the 1\\d{4} rows"):
        train_modern(augment_config(tiny_model, tmp_path / "modern", slang_rows=20_000))


def test_where_5e_6_teaches_little_the_recipe_that_teaches_more_is_named(
    tiny_model, tmp_path, monkeypatch, capsys
):
    better = SlangRecipe(5e-4, "--epochs 3", accuracy=80, accuracy_before=60)
    monkeypatch.setitem(modern_stage.SLANG_RECIPES, "distilbert-2x32", better)
    train_modern(augment_config(tiny_model, tmp_path / "modern", slang_rows=100))
    said = capsys.readouterr().out
    assert "0.0001 teaches this encoder little" in said
    assert "it told 80 % of held-out slang right (60 % before)" in said
    assert "with --learning-rate 0.0005 --epochs 3" in said


def test_slang_rows_can_be_asked_for(tiny_model, tmp_path):
    train_modern(augment_config(tiny_model, tmp_path / "modern", slang_rows=100))
    run = read(tmp_path / "modern", "run.json")
    assert run["learned"]["rows"] == run["slang"]["rows"] == 100


def test_a_model_that_forgets_is_refused_and_nothing_is_replaced(tiny_model, tmp_path, capsys):
    (tmp_path / "modern").mkdir()
    (tmp_path / "modern" / "old").write_text("the old model")
    recipe = Recipe(learning_rate=0.3, epochs=1, precision="fp32")
    config = augment_config(
        tiny_model, tmp_path / "modern", recipe=recipe, replay=0.0, slang_rows=240
    )
    with pytest.raises(ReelTalkError) as error:
        train_modern(config)
    assert "right before and wrong now" in str(error.value)
    assert "McNemar p = " in str(error.value)
    assert "-> " in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "modern").iterdir()] == ["old"]


def test_one_table_shows_both_models(tiny_model, tiny_modern, capsys):
    print_scores(ScoresConfig((tiny_model, tiny_modern)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["model", "reviews", "accuracy"]
    assert str(tiny_model) in lines[1]
    assert str(tiny_modern) in lines[2]
    assert lines[-1].startswith("next: ")


def test_figures_of_other_weights_are_not_shown(tiny_model, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "model")
    weights = bytearray((tmp_path / "model" / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (tmp_path / "model" / "model.safetensors").write_bytes(weights)
    with pytest.raises(ReelTalkError, match="was measured on other weights"):
        print_scores(ScoresConfig((tmp_path / "model",)))


def test_without_models_the_next_step_is_named(tmp_path):
    with pytest.raises(ReelTalkError, match="train one with: make train"):
        print_scores(ScoresConfig((tmp_path / "standard",)))


def test_the_saved_weights_are_divided_by_the_fitted_temperature(
    tiny_base, easy_file, tiny_model, tmp_path, monkeypatch
):
    """The same training with another temperature found: the same logits but for the factor."""
    monkeypatch.setattr(assembly, "fit_temperature", lambda margins, labels: 2.5)
    train_standard(tiny_config(tiny_base, easy_file, tmp_path / "standard"))
    windows = [np.array([2, 50, 60, 70, 3])]
    fitted = read(tiny_model, "metrics.json")["calibration"]["temperature"]
    logits = {
        folder: OnnxEngine(folder / FP32_FILE).logits(windows)
        for folder in (tiny_model, tmp_path / "standard")
    }
    assert logits[tmp_path / "standard"] * 2.5 == pytest.approx(
        logits[tiny_model] * fitted, rel=1e-3, abs=1e-4
    )
    assert read(tmp_path / "standard", "metrics.json")["calibration"]["temperature"] == 2.5
