"""A real DistilBERT, two layers small, with a real WordPiece vocabulary: what most tests train."""

from pathlib import Path

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import DistilBertConfig, DistilBertModel, DistilBertTokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

PRAISE = ("great", "wonderful", "superb", "a joy", "gripping", "funny", "moving", "clever")
BLAME = ("awful", "boring", "dreadful", "a mess", "tedious", "lame", "clumsy", "stupid")
PARTS = ("acting", "story", "music", "ending", "camera work", "script", "humour", "cast")


def easy_reviews(count: int) -> list[tuple[str, int]]:
    """Write `count` distinct reviews that even a tiny model learns: (text, label) in turns."""
    rows = []
    for number in range(count):
        label = number % 2
        words = PRAISE if label else BLAME
        first, second = PARTS[number % 8], PARTS[(number // 8 + 3) % 8]
        opinion = words[(number // 2) % 8], words[(number // 16) % 8]
        rows.append(
            (
                f"Film number {number}: the {first} is {opinion[0]} and the {second} {opinion[1]}. "
                f"I saw it on day {number * 7 % 365}" + " with the others" * (number % 5) + ".",
                label,
            )
        )
    return rows


def write_tiny_distilbert(folder: Path) -> Path:
    """Save an untrained DistilBERT encoder the way the Hub's is laid out; give its folder."""
    texts = [text for text, _ in easy_reviews(400)]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    alphabet = [*"abcdefghijklmnopqrstuvwxyz0123456789.,!?'\"-:;()"]
    tokenizer.train_from_iterator(
        texts,
        trainers.WordPieceTrainer(
            vocab_size=600, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        dim=32,
        hidden_dim=64,
        n_layers=2,
        n_heads=2,
        max_position_embeddings=128,
        pad_token_id=0,
    )
    DistilBertModel(config).save_pretrained(folder)
    DistilBertTokenizer(tokenizer_object=tokenizer).save_pretrained(folder)
    return folder
