"""The lists of words in `engine/sql/data/`, each file with its source in its first lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files


def words(file: str, *sections: str) -> frozenset[str]:
    """The words of a list, as it spells them: of the named sections, or of the whole file where none is named."""
    return frozenset(word for line in lines(file, *sections) for word in line.split())


def lines(file: str, *sections: str) -> tuple[str, ...]:
    """The lines of a list without comments and blank lines: of the named sections, or of the whole file."""
    found = tuple(_parsed(file))
    missing = set(sections) - {section for section, _ in found}
    if missing:
        raise KeyError(f"{file} has no section {', '.join(sorted(missing))}")
    return tuple(line for section, line in found if not sections or section in sections)


@cache
def _parsed(file: str) -> list[tuple[str, str]]:
    return list(_sectioned((files("engine.sql") / "data" / file).read_text(encoding="utf-8")))


def _sectioned(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("# ") and line != "#":
            yield section, line
