"""Cuts a long review into sentences, and into passages that a model reads in one window."""

import re

Span = tuple[int, int]

PASSAGE_WORDS = 140
"""A passage of this many words fits a window of 256 tokens."""

MOST_SENTENCES = 48
"""A review of more is explained in groups of neighbouring sentences."""

_LONGEST_SENTENCE_WORDS = 60
_SENTENCE = re.compile(r"\S[^.!?\n]*[.!?\u2026]*[\"'\u2019\u201d)\]]*")


def split_sentences(text: str) -> list[Span]:
    """Give the place of each sentence; what has no full stop is cut every 60 words."""
    spans: list[Span] = []
    for match in _SENTENCE.finditer(text):
        words = [*re.finditer(r"\S+", match.group())]
        for first in range(0, len(words), _LONGEST_SENTENCE_WORDS):
            last = words[min(first + _LONGEST_SENTENCE_WORDS, len(words)) - 1]
            spans.append((match.start() + words[first].start(), match.start() + last.end()))
    return _merge(spans)


def group_passages(text: str, sentences: list[Span]) -> list[list[Span]]:
    """Group neighbouring sentences into passages of about `PASSAGE_WORDS` words."""
    passages: list[list[Span]] = []
    room = 0
    for start, end in sentences:
        words = len(text[start:end].split())
        if words > room or not passages:
            passages.append([])
            room = PASSAGE_WORDS
        passages[-1].append((start, end))
        room -= words
    return passages


def _merge(spans: list[Span]) -> list[Span]:
    """Join neighbours until there are few enough, so that no review takes longer than others."""
    size = -(-len(spans) // MOST_SENTENCES)
    if size <= 1:
        return spans
    groups = [spans[i : i + size] for i in range(0, len(spans), size)]
    return [(group[0][0], group[-1][1]) for group in groups]
