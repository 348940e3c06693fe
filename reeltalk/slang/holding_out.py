"""Which terms and templates are held out of what may be learnt, and what a row's split is then."""

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from reeltalk.slang.slang_set import SEEN, SlangSet
from reeltalk.tables import Row

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


def put_aside(slang: SlangSet, share: float, seed: int) -> tuple[SlangSet, SlangSet]:
    """Part the rows that may be learnt by whole terms and templates, as held-out rows are parted.

    What a model is chosen and calibrated on has to be as new to it as what it will meet: on other
    rows of the templates it learnt it is right nearly always, and comes out too sure of itself.

    Args:
        slang: a slang set; only its `seen` rows are parted.
        share: of the terms, and of each kind's templates, that is put aside.
        seed: seed of the choice.

    Returns:
        Rows to learn from, with no term and no template put aside; and those with either.
    """
    chance = random.Random(seed)
    seen = [row for row in slang.rows if row["split"] == SEEN]
    terms = hold_out(sorted({row["term"] for row in seen}), lambda _: None, share, chance)
    pairs = sorted({(row["kind"], row["template"]) for row in seen})
    templates = hold_out(pairs, lambda pair: pair[0], share, chance)

    def is_aside(row: Row) -> bool:
        return row["term"] in terms or (row["kind"], row["template"]) in templates

    learnt = [row for row in seen if not is_aside(row)]
    return SlangSet(slang.file, learnt), SlangSet(slang.file, [r for r in seen if is_aside(r)])


def split_of(term_held_out: bool, template_held_out: bool) -> str:
    """Name the split of a row by which of its two is held out."""
    if term_held_out:
        return "unseen-both" if template_held_out else "unseen-term"
    return "unseen-template" if template_held_out else SEEN
