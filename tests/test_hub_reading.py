"""Reviews and encoders by their Hub ids: the real clients, over HTTP, from empty caches."""

import pytest

from reeltalk.base_model import find_base
from reeltalk.config import HUB_BASE, HUB_DATASET, ReviewSource
from reeltalk.errors import ReelTalkError
from reeltalk.sources import Source
from reeltalk.splits import read_splits
from tests.conftest import write_easy_reviews


@pytest.fixture
def dataset(hub, tmp_path):
    (tmp_path / "data").mkdir()
    write_easy_reviews(tmp_path / "data" / "train-00000-of-00001.parquet", 80)
    write_easy_reviews(tmp_path / "data" / "test-00000-of-00001.parquet", 20)
    write_easy_reviews(tmp_path / "data" / "unsupervised-00000-of-00001.parquet", 10)
    return hub.add_folder("datasets", HUB_DATASET, tmp_path)


def test_a_dataset_is_read_at_one_commit_with_its_own_splits(dataset):
    splits = read_splits(Source("hub", HUB_DATASET), ReviewSource())
    assert splits.revision == dataset.sha
    assert len(splits.test) == 20
    assert sum(splits.describe()["rows"].values()) + sum(splits.dropped.values()) == 100


def test_class_names_count_more_than_class_numbers(hub, tmp_path):
    import datasets

    labels = datasets.ClassLabel(names=["pos", "neg"])
    features = datasets.Features({"text": datasets.Value("string"), "label": labels})
    rows = {"text": [f"film {i}" for i in range(40)], "label": [i % 2 for i in range(40)]}
    datasets.Dataset.from_dict(rows, features).to_parquet(tmp_path / "train.parquet")
    hub.add_folder("datasets", "someone/reversed", tmp_path)
    train = read_splits(Source("hub", "someone/reversed"), ReviewSource()).train
    for text, label in zip(train.texts, train.labels, strict=True):
        assert label == 1 - int(text.removeprefix("film ")) % 2


def test_an_encoder_is_fetched_with_what_it_needs_and_no_more(hub, tiny_base, tmp_path):
    import shutil

    shutil.copytree(tiny_base, tmp_path / "repo")
    for other in ("pytorch_model.bin", "tf_model.h5", "training_args.bin"):
        (tmp_path / "repo" / other).write_bytes(b"never to be read")
    repo = hub.add_folder("models", HUB_BASE, tmp_path / "repo")
    base = find_base(Source("hub", HUB_BASE))
    assert base.revision == repo.sha
    assert sorted(file.name for file in base.folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert not [line for line in hub.log if line.startswith("GET") and ".bin" in line]


def test_a_repo_without_safetensors_is_refused_before_anything_is_fetched(hub, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickled")
    hub.add_folder("models", "someone/pickled", tmp_path)
    with pytest.raises(ReelTalkError, match="has no .safetensors weights"):
        find_base(Source("hub", "someone/pickled"))
    assert not [line for line in hub.log if "/resolve/" in line]


def test_what_is_not_on_the_hub_is_said_in_one_line(hub):
    with pytest.raises(ReelTalkError, match="the model no/such is not on the Hub"):
        find_base(Source("hub", "no/such"))
    with pytest.raises(ReelTalkError, match="the dataset no/such is not on the Hub"):
        read_splits(Source("hub", "no/such"), ReviewSource())
