import pytest
import tyro

from reeltalk.config import (
    AugmentConfig,
    BaselineConfig,
    EvaluateConfig,
    Output,
    PredictConfig,
    Recipe,
    ReviewSource,
    TrainConfig,
)
from reeltalk.errors import ReelTalkError
from reeltalk.training.recipes import resolve_recipe


@pytest.mark.parametrize(
    ("config_class", "flags", "message"),
    [
        (ReviewSource, {"subset": 19}, "--subset 19 is out of range; allowed: 20 or more"),
        (ReviewSource, {"subset": -5}, "--subset -5"),
        (ReviewSource, {"seed": -1}, "--seed -1"),
        (ReviewSource, {"seed": 2**32}, "--seed 4294967296 .* 0 to 4294967295"),
        (PredictConfig, {"text": "a", "out": "b.csv"}, "--out goes with a file"),
        (ReviewSource, {"label_map": ("5",)}, "--label-map 5 .* VALUE=negative"),
        (ReviewSource, {"label_map": ("5=great",)}, "--label-map 5=great"),
        (Recipe, {"learning_rate": -1e-5}, "--learning-rate -1e-05 .* between 0 and 1"),
        (Recipe, {"learning_rate": 0.0}, "--learning-rate 0.0"),
        (Recipe, {"epochs": 0.0}, "--epochs 0.0 .* above 0, at most 100"),
        (Recipe, {"max_tokens": 8}, "--max-tokens 8 .* 16 or more"),
        (Recipe, {"batch_size": 0}, "--batch-size 0"),
        (Recipe, {"gradient_accumulation": 0}, "--gradient-accumulation 0"),
        (Recipe, {"weight_decay": -0.1}, "--weight-decay -0.1"),
        (Recipe, {"warmup": 1.0}, "--warmup 1.0 .* 0 to below 1"),
        (Recipe, {"head_epochs": -1.0}, "--head-epochs -1.0"),
        (Recipe, {"patience": 0}, "--patience 0"),
        (Recipe, {"freeze": "everything"}, "--freeze everything .* all-but-last-N"),
        (Recipe, {"freeze": "all-but-last-x"}, "--freeze all-but-last-x"),
        (AugmentConfig, {"replay": -1.0}, "--replay -1.0"),
        (PredictConfig, {"threads": 0}, "--threads 0"),
        (PredictConfig, {"text": "a", "files": ("b.csv",)}, "--text and a file were both given"),
        (PredictConfig, {"files": ("-", "b.csv")}, "'-' is standard input, which is scored alone"),
        (PredictConfig, {"text": "a", "engine": "ray"}, "--engine ray scores files"),
        (PredictConfig, {"files": ("b.csv",), "ray_address": "h:1"}, "goes with --engine ray"),
        (
            PredictConfig,
            {"files": ("b.csv",), "engine": "ray", "ray_address": "ray://h:10001"},
            "--ray-address ray://h:10001 .* HOST:PORT",
        ),
        (Recipe, {"head_learning_rate": 0.0}, "--head-learning-rate 0.0"),
        (AugmentConfig, {"max_drop": -0.1}, "--max-drop -0.1"),
        (EvaluateConfig, {"models": ("m",), "threads": 0}, "--threads 0"),
        (EvaluateConfig, {"models": ("m",), "flips": "f.csv"}, "--flips compares two models"),
        (BaselineConfig, {"word_model_terms": 0}, "--word-model-terms 0"),
        (EvaluateConfig, {"models": ()}, "model folders 0 .* 1 or 2"),
        (Output, {"output_dir": "m", "resume": True, "restart": True}, "choose one"),
    ],
)
def test_a_value_out_of_range_is_named_with_the_range(config_class, flags, message):
    with pytest.raises(ReelTalkError, match=message):
        config_class(**flags)


def test_the_defaults_of_stage_1_are_the_field_s():
    recipe = resolve_recipe(Recipe(), "distilbert-6x768", most_tokens=512)
    assert (recipe.learning_rate, recipe.epochs, recipe.max_tokens) == (2e-5, 3, 512)
    assert recipe.dropout is None
    assert (recipe.batch_size, recipe.weight_decay) == (16, 0.01)


def test_a_measured_encoder_has_its_own_recipe():
    recipe = resolve_recipe(Recipe(), "bert-6x384", most_tokens=512)
    assert (recipe.learning_rate, recipe.epochs, recipe.max_tokens) == (5e-5, 2, 256)
    assert recipe.dropout is None
    assert recipe.for_rows(4_000).dropout is None
    assert recipe.for_rows(22_864).dropout == 0
    assert resolve_recipe(Recipe(dropout=0.2), "bert-6x384", 512).for_rows(22_864).dropout == 0.2


def test_flags_go_before_measured_values():
    recipe = resolve_recipe(Recipe(learning_rate=1e-4, dropout=0.1), "bert-6x384", 512)
    assert (recipe.learning_rate, recipe.dropout) == (1e-4, 0.1)


def test_the_limit_is_the_encoder_s():
    assert resolve_recipe(Recipe(), "distilbert-2x32", most_tokens=128).max_tokens == 128
    with pytest.raises(ReelTalkError, match="--max-tokens 256 .* allowed: 16 to 128"):
        resolve_recipe(Recipe(max_tokens=256), "distilbert-2x32", most_tokens=128)


def test_stage_2_continues_at_5e_6():
    assert AugmentConfig().recipe.learning_rate == 5e-6


def test_flags_are_flat_and_named_after_fields():
    flags = ["--dataset", "a.csv", "--label-map", "1=negative", "5=positive", "--epochs", "2"]
    config = tyro.cli(TrainConfig, args=[*flags, "--output-dir", "models/x", "--resume"])
    assert config.source.label_map == ("1=negative", "5=positive")
    assert config.recipe.epochs == 2
    assert config.output.resume


def test_a_head_phase_leaves_epochs_to_the_encoder():
    with pytest.raises(ReelTalkError, match="--head-epochs 2 leaves none of 2 epochs"):
        resolve_recipe(Recipe(head_epochs=2.0), "bert-6x384", 512)
