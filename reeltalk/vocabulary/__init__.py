"""What a model reads as one token and what it reads as the same: all of it in tokenizer.json."""

from reeltalk.vocabulary.emoji_tokens import add_emoji_tokens
from reeltalk.vocabulary.normalizer import prepare_tokenizer

__all__ = ["add_emoji_tokens", "prepare_tokenizer"]
