"""What an unknown name most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from typing import Final

_LONGEST: Final = 128
"""SQL Server's longest identifier; a longer name resembles none, and comparing it would take long."""
_SHORT: Final = 3
"""So many letters resemble too much to be told apart by one that is wrong."""
_LISTED: Final = 12
"""How many names a hint lists."""
_SEPARATORS: Final = str.maketrans("", "", "_- ")


def closest(name: str, known: Iterable[str], likeness: float = 0.7) -> str | None:
    """The known name that `name` is most likely a slip of, case aside; None where none is alike (1 is equal)."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_fold, n=1, cutoff=likeness) if len(name) <= _LONGEST else []
    return by_fold[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint with the closest of the known names, None where none is alike."""
    found = closest(name, known)
    return f"Did you mean {found}?" if found else None


def known_hint(name: str, known: Iterable[str]) -> str | None:
    """A hint that lists the known names, None where there are none; of many those that are nearest to `name`."""
    names = list(dict.fromkeys(known))
    if not names:
        return None
    if len(names) <= _LISTED:
        return f"Known are {', '.join(names)}."
    matcher = SequenceMatcher(b=name[:_LONGEST].casefold(), autojunk=False)

    def unlikeness(candidate: str) -> float:
        """How little a known name is like the unknown one, 0 at most."""
        matcher.set_seq1(candidate.casefold())
        return -matcher.ratio()

    return f"Known are {', '.join(sorted(names, key=unlikeness)[:_LISTED])} and {len(names) - _LISTED} more."


def is_slip(word: str, known: str) -> bool:
    """Whether `word` is `known` with its letters in another order, or with one letter more, less or other."""
    if word == known or abs(len(word) - len(known)) > 1:
        return False
    if sorted(word) == sorted(known):
        return True
    if len(known) <= _SHORT:
        return False
    same = next((n for n, (one, other) in enumerate(zip(word, known, strict=False)) if one != other), None)
    if same is None:
        return True
    shift = len(word) - len(known)
    return word[same + (shift >= 0) :] == known[same + (shift <= 0) :]


def surely(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` can only be a slip of, case aside: no other is alike, and no digit differs.

    It has no letter but those of the known name, in another order, or one too many or too few, or one other within.
    """
    folded = name.casefold()
    if len(name) > _LONGEST:
        return None
    alike = {candidate.casefold(): candidate for candidate in known if _is_alike(folded, candidate.casefold())}
    if len(alike) != 1:
        return None
    ((found, spelled),) = alike.items()
    return spelled if _is_sure(folded, found) else None


def _is_alike(name: str, known: str) -> bool:
    return name == known or is_slip(name, known) or name.translate(_SEPARATORS) == known.translate(_SEPARATORS)


def _is_sure(name: str, known: str) -> bool:
    if name.translate(_SEPARATORS) == known.translate(_SEPARATORS):
        return True
    if min(len(name), len(known)) <= _SHORT or _digits(name) != _digits(known):
        return False
    # The last letter often tells two names apart, as in "grossa" and "grossb".
    return len(name) != len(known) or sorted(name) == sorted(known) or name[-1] == known[-1]


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))
