"""Repos to begin with when trying by hand: reviews shaped like IMDb, a tiny DistilBERT."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.tiny import easy_reviews, write_tiny_distilbert

if TYPE_CHECKING:
    from tests.hub.hub import Hub

DATASET = "stanfordnlp/imdb"
ENCODER = "distilbert/distilbert-base-uncased"
_CARD = """---
language:
- en
license:
- other
task_categories:
- text-classification
pretty_name: IMDB
configs:
- config_name: plain_text
  data_files:
  - split: train
    path: plain_text/train-*
  - split: test
    path: plain_text/test-*
  default: true
dataset_info:
  config_name: plain_text
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': neg
          '1': pos
  splits:
  - name: train
    num_bytes: {train_bytes}
    num_examples: {train}
  - name: test
    num_bytes: {test_bytes}
    num_examples: {test}
---
# Made-up reviews in the shape of the IMDb dataset
"""


def write_imdb(folder: Path, count: int) -> Path:
    """Write `count` reviews for training and half as many for testing; give their folder."""
    import datasets

    labels = datasets.ClassLabel(names=["neg", "pos"])
    features = datasets.Features({"text": datasets.Value("string"), "label": labels})
    rows = [{"text": text, "label": label} for text, label in easy_reviews(count * 3 // 2)]
    (folder / "plain_text").mkdir(parents=True)
    sizes = {}
    for split, part in (("train", rows[:count]), ("test", rows[count:])):
        # As on the Hub, where all negative reviews come before the first positive one.
        part = sorted(part, key=lambda row: row["label"])
        file = folder / "plain_text" / f"{split}-00000-of-00001.parquet"
        datasets.Dataset.from_list(part, features).to_parquet(file)
        sizes[split] = len(part)
        sizes[f"{split}_bytes"] = sum(len(row["text"]) + 12 for row in part)
    (folder / "README.md").write_text(_CARD.format(**sizes), encoding="utf-8")
    return folder


def seed(hub: "Hub", folder: Path) -> None:
    """Publish what training reads unless it is told otherwise."""
    hub.add_folder("datasets", DATASET, write_imdb(folder / "imdb", 600))
    hub.add_folder("models", ENCODER, write_tiny_distilbert(folder / "encoder"))
