"""Names that come in capitals: when two of them are the same, and how a new one is written."""

import re

SMALL = {"of", "and", "the", "for", "in", "on", "upon", "at", "by", "to", "with", "under", "le", "de", "y"}
CAPITALS = {"NHS", "ICB", "CIC", "UK", "GP", "PLC", "LLP", "CCG", "HM", "II", "III", "IV"}
WORD = re.compile(r"[^\s\-/(),]+")


def folded(name: str) -> str:
    """A name as it is compared: without case, punctuation and the difference between & and and."""
    text = name.casefold().replace("&", " and ")
    text = re.sub(r"['’‘`.]", "", text)
    return " ".join(re.sub(r"[-/(),]", " ", text).split())


def titled(name: str) -> str:
    """A name in capitals as it is written in a sentence; one that is not all in capitals is left as it is."""
    name = " ".join(name.split())
    if name != name.upper():
        return name
    name = " ".join(name.replace("&", " and ").split())
    return WORD.sub(lambda match: _word(match.group(), match.start() == 0), name)


def _word(word: str, first: bool) -> str:
    if word in CAPITALS:
        return word
    lower = word.lower()
    if lower in SMALL and not first:
        return lower
    if re.fullmatch(r"[od]['’].{2,}", lower):  # O'Neill, D'Arcy
        return lower[0].upper() + lower[1] + lower[2].upper() + lower[3:]
    if re.fullmatch(r"mc[b-df-hj-np-tv-z].{2,}", lower) or re.fullmatch(r"mc[aeiou][^aeiou].{2,}", lower):  # McMillan
        return "Mc" + lower[2].upper() + lower[3:]
    return lower[:1].upper() + lower[1:]
