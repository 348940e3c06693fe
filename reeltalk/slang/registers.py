"""How people write: the same remark in many registers, none of which tells its verdict."""

import random
import re

_STRETCHABLE = re.compile(r"\b(so|really|literally|movie|film|whole|way|no|this|just|very)\b", re.I)
_SENTENCE_START = re.compile(r"(^|[.!?]\s+)([a-z])")
_PUNCTUATION = re.compile(r"[.,;:!?]+(?=\s|$)")
_VOWEL = re.compile(r"[aeiouy](?![aeiouy])", re.I)

# Emoji that people put under praise and blame alike; alone they say nothing.
_INTENSIFIERS = ("😭", "💀", "😭😭", "💀💀💀", "👀", "🎬", "🍿", "😭💀")


def sentence_case(text: str) -> str:
    """Begin every sentence with a capital."""
    return _SENTENCE_START.sub(lambda found: found[1] + found[2].upper(), text)


def write_in_some_register(
    text: str, opener: str, closer: str, chance: random.Random, keeps_form: bool
) -> str:
    """Rewrite a remark the way somebody might have typed it.

    Args:
        text: the remark.
        opener: neutral sentence that may come first.
        closer: neutral remark that may come last.
        chance: decides.
        keeps_form: whether capitals and punctuation carry meaning (irony) and stay.
    """
    if not keeps_form:
        if chance.random() < 0.08:
            text = _stretch(text, chance)
        manner = chance.random()
        if manner < 0.3:
            text = text.lower()
        elif manner < 0.5:
            text = _PUNCTUATION.sub("", text.lower())
        elif manner < 0.53:
            text = text.upper()
    if chance.random() < 0.22:
        text = _put_before(opener, text, chance)
    if chance.random() < 0.15:
        text = f"{text} {closer}"
    if chance.random() < 0.06:
        text = f"{text} {chance.choice(_INTENSIFIERS)}"
    return text


def as_hashtag(words: str) -> str:
    """Write words as one hashtag: "chef's kiss" -> "#ChefsKiss"."""
    letters = (re.sub(r"\W", "", word) for word in words.split())
    return "#" + "".join(word[:1].upper() + word[1:] for word in letters)


def _put_before(opener: str, text: str, chance: random.Random) -> str:
    if opener[-1] in ".?!:":
        return f"{opener} {text}"
    return opener + chance.choice((". ", ", ", "... ", " - ", "\u2014")) + text


def _stretch(text: str, chance: random.Random) -> str:
    """Draw one of the words out that people draw out: "so" -> "soooo"."""
    found = list(_STRETCHABLE.finditer(text))
    if not found:
        return text
    word = chance.choice(found)
    vowel = _VOWEL.search(text, word.start(), word.end())
    if vowel is None:
        return text
    return text[: vowel.end()] + vowel[0] * chance.randint(2, 5) + text[vowel.end() :]
