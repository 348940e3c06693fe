"""Which terms and templates are held out of what may be learnt, and what a row's split is then."""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from reeltalk.slang.slang_set import SEEN

Item = TypeVar("Item", bound=Hashable)


def hold_out(
    items: Iterable[Item], key: Callable[[Item], Hashable], share: float, chance: random.Random
) -> set[Item]:
    """Hold out a share of each group of items, at least one where it has three.

    Args:
        items: what there is.
        key: tells items of one group.
        share: of each group that is held out.
        chance: decides which.
    """
    groups: dict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    held: set[Item] = set()
    for group in groups.values():
        count = max(round(len(group) * share), int(len(group) >= 3))
        held.update(chance.sample(group, count))
    return held


def split_of(term_held_out: bool, template_held_out: bool) -> str:
    """Name the split of a row by which of its two is held out."""
    if term_held_out:
        return "unseen-both" if template_held_out else "unseen-term"
    return "unseen-template" if template_held_out else SEEN
