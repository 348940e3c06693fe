"""From text to the token ids that the model reads; the normaliser is inside tokenizer.json."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from reeltalk_inference.errors import UnusableModelError

_WORD_BOUNDARY_MARKS = "#\u0120\u2581"
"""Signs with which WordPiece, byte-level BPE and SentencePiece mark where a word begins."""

_FIRST_SYMBOL = "\u2190"
"""From here on Unicode holds arrows, stars, hearts and emoji, which say something alone."""


def well_formed(text: str) -> str:
    """Replace lone surrogates, which no encoder takes, by U+FFFD; join those that are pairs."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class ReviewTokenizer:
    """Tokenizes whole reviews, and frames windows of them with the special tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Take a tokenizer and switch off whatever limit or padding was saved with it."""
        self._tokenizer = tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._prefix, self._suffix = _special_frame(tokenizer)
        self._readable: dict[int, bool] = {}

    @classmethod
    def from_file(cls, tokenizer_file: Path) -> "ReviewTokenizer":
        """Load tokenizer.json.

        Raises:
            UnusableModelError: if it is missing or damaged.
        """
        try:
            description = tokenizer_file.read_text(encoding="utf-8")
            if "model" not in json.loads(description):
                raise UnusableModelError(f"{tokenizer_file} is damaged: it holds no model")
        except FileNotFoundError:
            raise UnusableModelError(f"{tokenizer_file} is missing: no text can be read") from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise UnusableModelError(f"{tokenizer_file} is damaged: {error}") from error
        return cls(Tokenizer.from_str(description))

    @property
    def special_tokens(self) -> int:
        """Count the special tokens that frame a window."""
        return len(self._prefix) + len(self._suffix)

    def encode(self, reviews: Sequence[str]) -> list[np.ndarray]:
        """Turn each review into its token ids, whole and without special tokens (int64)."""
        encodings = self._tokenizer.encode_batch_fast(
            [well_formed(review) for review in reviews], add_special_tokens=False
        )
        return [np.array(encoding.ids, dtype=np.int64) for encoding in encodings]

    def frame(self, ids: np.ndarray) -> np.ndarray:
        """Put the special tokens around one window's ids."""
        return np.concatenate([self._prefix, ids, self._suffix])

    def is_readable(self, ids: np.ndarray) -> bool:
        """Tell whether any of the ids is more than punctuation or an unknown sign."""
        return any(self._token_is_readable(int(token)) for token in ids)

    def _token_is_readable(self, token: int) -> bool:
        if token not in self._readable:
            text = self._tokenizer.id_to_token(token) or ""
            is_unknown = text == getattr(self._tokenizer.model, "unk_token", None)
            signs = text.strip(_WORD_BOUNDARY_MARKS)
            has_content = any(sign.isalnum() or sign >= _FIRST_SYMBOL for sign in signs)
            self._readable[token] = has_content and not is_unknown
        return self._readable[token]


def _special_frame(tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """Read off which ids the tokenizer puts before and after a text."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    framed = tokenizer.encode("a", add_special_tokens=True).ids
    start = next(i for i in range(len(framed)) if framed[i : i + len(bare)] == bare)
    prefix, suffix = framed[:start], framed[start + len(bare) :]
    return np.array(prefix, dtype=np.int64), np.array(suffix, dtype=np.int64)
