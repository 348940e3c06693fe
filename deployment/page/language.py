"""Whether a text is English enough to be read by an English model. A guess, from small words."""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset(
    "the a an and or but is was it its this that of in on for with to not i you he she they we "
    "my me be are were so as at by from have has had one just like all what when film movie who "
    "no if can will would there their his her them about more very than too into out up".split()
)
_OTHERS = frozenset(
    "el la los las un una y que de del es en con por para muy pero no lo le les des et est dans "
    "une pas très mais ce cette qui der die das und ist nicht ein eine sehr aber mit den von zu "
    "il che non è di per molto ma questo o os um uma não muito mas het een niet van ik dat zeer "
    "och är inte som ett på jest nie się bardzo ten bu ve bir çok pelicula película filme".split()
)


def looks_foreign(text: str) -> bool:
    """Tell whether a text is probably not English.

    True where most letters are of another script, or where small words of other languages
    outnumber the English ones. Short texts get the benefit of the doubt.
    """
    letters = [sign for sign in text[:4000] if sign.isalpha()]
    if not letters:
        return False
    latin = sum(sign.isascii() or "LATIN" in unicodedata.name(sign, "") for sign in letters)
    if latin < len(letters) / 2:
        return True
    words = _WORD.findall(text[:4000].lower())
    english = sum(word in _ENGLISH for word in words)
    others = sum(word in _OTHERS and word not in _ENGLISH for word in words)
    return others >= 3 and others > english
