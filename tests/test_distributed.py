"""Two processes on one machine train the model of one."""

import json
import shutil

import pytest
from safetensors.numpy import load_file

from tests.conftest import run_script, write_easy_reviews


@pytest.fixture(scope="module")
def without_dropout(tiny_base, tmp_path_factory):
    """Dropout draws differ between processes; without it only rounding does."""
    folder = tmp_path_factory.mktemp("distributed") / "base"
    shutil.copytree(tiny_base, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"dropout": 0.0, "seq_classif_dropout": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """288 of these are trained on: whole steps of 16, of which none is filled up for two."""
    file = tmp_path_factory.mktemp("distributed") / "reviews.csv"
    write_easy_reviews(file, 348)
    return file


def train(launcher, base, reviews, place):
    flags = ["--base", base, "--dataset", reviews, "--output-dir", place, "--device", "cpu"]
    flags += ["--learning-rate", "3e-3", "--epochs", "2", "--max-tokens", "32"]
    ran = run_script(
        *launcher, "train_model.py", *flags, "--precision", "fp32", OMP_NUM_THREADS="1"
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("plan: ") == 1
    assert ran.stdout.count("written: ") == 1
    return json.loads((place / "metrics.json").read_text()), load_file(place / "model.safetensors")


def named_alike(encoder):
    """The encoder's file has no head, and its names lack the classifier's prefix."""
    return {f"distilbert.{name}": weight for name, weight in encoder.items()}


def distance(weights, others):
    """Euclidean, over all of `others`.

    Not weight by weight: where a gradient is nothing but rounding, Adam makes a step of full
    size of it, and a unit may come to rest elsewhere. Another order of the reviews, or other
    batches, lead more than the whole way from the start elsewhere.
    """
    return sum(float(((weights[name] - other) ** 2).sum()) for name, other in others.items()) ** 0.5


def test_two_processes_give_the_scores_of_one(without_dropout, reviews, tmp_path):
    one, one_weights = train([], without_dropout, reviews, tmp_path / "one")
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    two, two_weights = train(torchrun, without_dropout, reviews, tmp_path / "two")
    way = distance(one_weights, named_alike(load_file(without_dropout / "model.safetensors")))
    assert distance(one_weights, two_weights) < 0.01 * way
    assert two["test"]["accuracy"] == one["test"]["accuracy"]
    assert two["test"]["nll"] == pytest.approx(one["test"]["nll"], abs=1e-3)
    run = json.loads((tmp_path / "two" / "run.json").read_text())
    assert run["reviews"]["rows"]["train"] == 288
    assert run["training"]["processes"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_accelerate_launches_the_script(without_dropout, reviews, tmp_path):
    launcher = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "1"]
    launcher += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    metrics, _ = train(launcher, without_dropout, reviews, tmp_path / "model")
    assert metrics["test"]["accuracy"] > 0.9


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch):
    from reeltalk.config import Recipe
    from reeltalk.errors import ReelTalkError
    from reeltalk.training.fine_tuning import _check_batch
    from reeltalk.training.hardware import find_hardware
    from reeltalk.training.recipes import resolve_recipe

    monkeypatch.setenv("WORLD_SIZE", "3")
    recipe = resolve_recipe(Recipe(), "distilbert-2x32", 64)
    with pytest.raises(ReelTalkError, match="--batch-size 16 cannot be shared by 3 processes"):
        _check_batch(recipe, find_hardware("cpu", "fp32"))
