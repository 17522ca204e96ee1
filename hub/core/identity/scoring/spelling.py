"""Names and other words as they are compared: never as they are stored.

One normal form for each word (case, accents and scripts aside), and a rougher one, its sound, in which the usual
English spellings of one name coincide, whichever language it comes from.
"""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

Words = tuple[str, ...]

_APOSTROPHES = re.compile("['’‘ʼ`´]")
_ALSO_KNOWN_AS = re.compile(r"\(|\b(?:aka|a\.k\.a|also known as|known as|formerly|preferred)\b")
_BETWEEN = re.compile(r"[-‐‑–]")
_NOT_OF_A_WORD = re.compile("[^a-z0-9]+")
_LONGEST = 80
"""Letters of a text that are looked at: what is longer is no name, and comparing takes time with length."""

_NO_LETTERS = "MSC"
"""Unicode's marks, symbols (an emoji has a name, which is nobody's) and control characters."""

PARTICLES = frozenset(
    {"al", "el", "ul", "ur", "bin", "ibn", "bint", "abu", "de", "da", "do", "dos", "das", "di", "du", "del", "della"}
    | {"la", "le", "van", "von", "der", "den", "ter", "ten", "st", "saint", "mac", "mc", "fitz", "o", "ap", "ben", "y"}
)
"""Small words that a family name is written with, without, or joined to."""

_SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        ("^(?:mc|mac)(?=[a-z]{3})", "mk"),
        ("^(?:kn|gn|pn)", "n"),
        ("^wr", "r"),
        ("^x", "s"),
        ("tsch|tch|sch|ch|sh|cz|sz|zh", "x"),
        ("ph", "f"),
        ("ck|kh|gh|q", "k"),
        ("c(?=[eiy])", "s"),
        ("c", "k"),
        ("dg|dj|g(?=[ei])", "j"),
        ("th|dh", "t"),
        ("z", "s"),
        ("w", "v"),
        ("h", ""),
        ("d$", "t"),
    )
)
_VOWELS = re.compile("[aeiouy]+")
_DOUBLED = re.compile(r"(.)\1+")


def plain(text: str) -> str:
    """Latin small letters, digits and blanks: `José` is `jose`, `Ольга` is `olga`."""
    shown = unicodedata.normalize("NFKD", text[: 4 * _LONGEST].casefold())
    shown = "".join(letter for letter in shown if unicodedata.category(letter)[0] not in _NO_LETTERS)
    if not shown.isascii():
        shown = anyascii(shown).lower()
    return shown[: 2 * _LONGEST]


@lru_cache(maxsize=262_144)
def words(text: str | None) -> Words:
    """A name's words, apostrophes closed up, without what follows "also known as"."""
    if not text:
        return ()
    shown = _ALSO_KNOWN_AS.split(_APOSTROPHES.sub("", plain(_APOSTROPHES.sub("", text))), maxsplit=1)[0]
    return tuple(word for word in _NOT_OF_A_WORD.split(shown[:_LONGEST]) if word)


@lru_cache(maxsize=262_144)
def written(text: str | None) -> Words:
    """A name's words as they are written, in their own script, whole: only case, hyphens and apostrophes aside."""
    shown = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text or "").casefold())
    return tuple(_BETWEEN.sub(" ", shown).split())


@lru_cache(maxsize=262_144)
def family_words(text: str | None) -> Words:
    """A family name's words, with small words joined to the next: `de la Cruz` is ("delacruz",)."""
    found: list[str] = []
    small = ""
    for word in words(text):
        if word in PARTICLES:
            small += word
        else:
            found.append(small + word)
            small = ""
    return tuple(found) if not small else (*found, small)


@lru_cache(maxsize=262_144)
def sound(word: str) -> str:
    """A word as it sounds, roughly: `muhammad`, `mohamed` and `mohammed` are one, `sofia` and `sophia` too."""
    said = word
    for pattern, to in _SOUNDS:
        said = pattern.sub(to, said)
    if not said:
        return word[:1]
    first = "a" if said[0] in "aeiouy" else said[0]
    rest = _VOWELS.sub("", said[1:])
    return _DOUBLED.sub(r"\1", first + rest)
