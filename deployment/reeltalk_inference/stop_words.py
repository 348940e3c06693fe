"""English words that carry no opinion: an explanation never names one.

Negations ("not", "never", "no") are left out of the list on purpose: they turn verdicts.
"""

STOP_WORDS = frozenset(
    """
    a about above after again all also although am an and any are as at be because been before
    being below between both but by can could did do does doing down during each either else
    even ever every few for from further get gets getting go goes going got had has have having
    he her here hers herself him himself his how however i if in into is it its itself just let
    lets made make makes may me might more most much must my myself now of off on once one only
    onto or other others our ours ourselves out over own per put quite rather really s same say
    says see seem seems she should since so some something still such t than that the their
    theirs them themselves then there these they thing things this those though through thus to
    too two under until up upon us very was way we were what when where whether which while who
    whom whose why will with within would yet you your yours yourself yourselves
    i'm i've i'd i'll it's that's there's he's she's we're they're you're you've let's what's
    film films movie movies cinema
    """.split()
)


def is_stop_word(word: str) -> bool:
    """Tell whether a word, in any case and with either apostrophe, is a stop word."""
    return word.lower().replace("\u2019", "'") in STOP_WORDS
