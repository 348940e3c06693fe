"""The modern-slang set: read from its sources, built, checked, and read for the second stage."""

from reeltalk.slang.building import build_slang, generate
from reeltalk.slang.holding_out import put_aside
from reeltalk.slang.slang_set import HELD_OUT, SEEN, SPLITS, SlangSet, read_slang
from reeltalk.slang.sources import Sources, read_sources

__all__ = [
    "HELD_OUT",
    "SEEN",
    "SPLITS",
    "SlangSet",
    "Sources",
    "build_slang",
    "generate",
    "put_aside",
    "read_slang",
    "read_sources",
]
