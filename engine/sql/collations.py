"""What a SQL Server collation's name says: how strings compare, their code page, and the language that orders them.

Source: Microsoft Learn, "Windows Collation Name (Transact-SQL)" and "SQL Server Collation Name (Transact-SQL)".
"""

from __future__ import annotations

import codecs
import re
from functools import cache

from engine.model import Collation
from engine.spelling import closest
from engine.sql.wordlist import lines, words

_SQL_CODE_PAGE = re.compile(r"_CP(\d{1,5})(_|$)", re.IGNORECASE)
_VERSION = re.compile(r"_\d+$")
_SENSITIVITIES = r"_(?:BIN2?|C[IS]_A[IS](?:_KS)?(?:_WS)?(?:_VSS)?(?:_SC)?)(?:_UTF8)?$"
_ENDING = re.compile(r"(?:_(?:80|90|100|140|160))?" + _SENSITIVITIES, re.IGNORECASE)
_STYLES = frozenset({"BIN", "BIN2", "CI", "CS", "AI", "AS", "KS", "WS", "SC", "VSS", "UTF8"})


def collation(name: str) -> Collation:
    """The rules of the collation called `name`; one that is not a SQL Server name is taken for CI.

    Only `…_BIN2` is ordered: `…_BIN` compares all but a string's first character by the order of its stored bytes.
    """
    styles = frozenset(name.upper().split("_"))
    binary = bool(styles & {"BIN", "BIN2"})
    return Collation(
        name,
        fold_case=not binary and "CS" not in styles,
        fold_trailing_blanks=True,
        ordered="BIN2" in styles,
    )


def is_collation(name: str) -> bool:
    """Whether SQL Server may have a collation of that name, or takes the word in its place."""
    if name.casefold() in words("collations.txt", "words"):
        return True
    found = _ENDING.search(name)
    return found is not None and name[: found.start()].casefold() in _beginnings()


def closest_collation(name: str) -> str | None:
    """The collation that `name` is most likely a slip of; None where none is alike."""
    found = _ENDING.search(name)
    if found is None:
        return None
    beginning = closest(name[: found.start()], _beginnings().values())
    return f"{beginning}{found[0]}" if beginning is not None else None


def code_page(name: str) -> str | None:
    """The Python codec of char and varchar values under the collation, None where the list does not tell."""
    words = name.split("_")
    if words[-1].upper() == "UTF8":
        return "utf-8"
    if words[0].upper() == "SQL":
        found = _SQL_CODE_PAGE.search(name)
        return _codec(found[1]) if found else None
    while words and words[-1].upper() in _STYLES:
        words.pop()
    designator = _VERSION.sub("", "_".join(words)).casefold()
    number = _code_pages().get(designator)
    return _codec(number) if number else None


def locale(name: str) -> str:
    """The ICU locale whose order of strings is nearest to the collation's: `en` where none is listed."""
    words = [word for word in name.casefold().split("_") if word != "sql"]
    found = (_locales().get("_".join(words[:size])) for size in range(len(words), 0, -1))
    return next((each for each in found if each is not None), "en")


def _codec(number: str) -> str | None:
    """Python's name of a Windows or DOS code page; `1` is SQL Server's name for 1252."""
    name = "cp1252" if number == "1" else f"cp{number}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


@cache
def _locales() -> dict[str, str]:
    """Locale by case-folded designator, from the shipped list."""
    pairs = (line.split() for line in lines("icu_locales.txt"))
    return {designator.casefold(): found for designator, found in pairs}


@cache
def _code_pages() -> dict[str, str]:
    """Code page by case-folded designator, from the shipped list."""
    pairs = (line.split() for line in lines("code_pages.txt"))
    return {designator.casefold(): number for designator, number in pairs}


@cache
def _beginnings() -> dict[str, str]:
    """What names of collations begin with, by its case-folded form."""
    return {name.casefold(): name for name in words("collations.txt", "windows", "sql server")}
