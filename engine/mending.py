"""Mending: the findings of a file that say what surely mends them, applied again and again until none is left.

A file is never written worse than it was: each step is judged before the next, and what makes no progress is left out.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from msgspec import Struct

from engine.applying import apply
from engine.catalogue import Catalogue
from engine.loading import load_content
from engine.model import Diagnostic, LoadedFile, Replacement, Severity
from engine.parsing import edited
from engine.sql.target import Target

_MOST_ROUNDS: Final = 10
_MOST_SINGLE: Final = 50
"""How many replacements are tried one by one, where all together make a file no better."""
_STAGES: Final = (
    frozenset({"internal-error", "xml-syntax", "doctype-forbidden", "encoding-mismatch"}),
    frozenset({"schema"}),
    frozenset({"sql-syntax", "single-statement", "read-only", "template-syntax"}),
    frozenset({"unknown-event", "unknown-table", "argument-count"}),
)
"""Errors that hide others: to mend one may bring out any number of errors of the later kinds."""


class Mended(Struct, frozen=True):
    """A file that is mended: its text before and after, and what was mended, the rule of each finding."""

    path: Path
    before: str
    after: str
    rules: tuple[str, ...]


class NotMended(Struct, frozen=True):
    """A file that could be mended and was not, and why, a clause about the file as "it"."""

    path: Path
    why: str


def mend(
    path: Path, catalogue: Catalogue, target: Target, is_wanted: Callable[[Diagnostic], bool]
) -> Mended | NotMended | None:
    """Mends the wanted findings of one file, on the disk; None where there is nothing to mend."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return NotMended(path, f"it cannot be read: {error.strerror}")
    found = _mended(path, content, catalogue, target, is_wanted)
    if found is None:
        return None
    after, mended = found
    why = _write(path, content, after)
    return mended if why is None else NotMended(path, why)


def _mended(
    path: Path, content: bytes, catalogue: Catalogue, target: Target, is_wanted: Callable[[Diagnostic], bool]
) -> tuple[bytes, Mended] | None:
    """The content that the file shall have."""

    def load(content: bytes) -> LoadedFile:
        """The file, had it that content."""
        return load_content(path, content, catalogue, target)

    first = file = load(content)
    rules: list[str] = []
    for _ in range(_MOST_ROUNDS):
        chosen = [found for found in file.diagnostics if found.replacement is not None and is_wanted(found)]
        step = next(_steps(content, file, chosen, load), None)
        if step is None:
            break
        content, file, applied = step
        rules += (found.rule for found in applied)
    if not rules or first.text is None or file.text is None:
        return None
    return content, Mended(path, first.text, file.text, tuple(rules))


_Step = tuple[bytes, LoadedFile, Sequence[Diagnostic]]


def _steps(
    content: bytes, file: LoadedFile, chosen: Sequence[Diagnostic], load: Callable[[bytes], LoadedFile]
) -> Iterator[_Step]:
    """The ways on that make the file better: all at once, else one of them."""
    tries = [chosen] if len(chosen) == 1 else [chosen, *([each] for each in chosen[:_MOST_SINGLE])]
    for applied in tries if chosen else []:
        replacements = [found.replacement for found in applied if found.replacement is not None]
        after = edited(content, _applying(replacements))
        if after is None or after == content:
            continue
        next_file = load(after)
        if _weight(next_file.diagnostics) < _weight(file.diagnostics):
            yield after, next_file, applied


def _applying(replacements: Iterable[Replacement]) -> Callable[[str], str]:
    return lambda text: apply(text, replacements)


def _weight(diagnostics: Iterable[Diagnostic]) -> tuple[int, ...]:
    """How bad a file is: how many errors it has, those first that hide others, then its warnings."""
    counts: Counter[int] = Counter()
    for found in diagnostics:
        is_error = found.severity is Severity.ERROR
        stage = next((number for number, rules in enumerate(_STAGES) if found.rule in rules), len(_STAGES))
        counts[stage if is_error else len(_STAGES) + 1] += 1
    return tuple(counts[stage] for stage in range(len(_STAGES) + 2))


def _write(path: Path, before: bytes, after: bytes) -> str | None:
    """Puts the new content in the place of the old one, all or nothing; why not, where it cannot.

    A link stays one: the file that it leads to is replaced. Mode and, where that is allowed, owner stay.
    """
    place = Path(os.path.realpath(path))
    try:
        known = place.stat()
        if not known.st_mode & 0o222 or not os.access(place, os.W_OK):
            return "it is read-only"
        if known.st_nlink > 1:
            return "it has a second name by a hard link, which would keep the old content"
        with NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
                return _replace(temporary, place, known, before)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        return f"it cannot be written: {error.strerror}"


def _replace(temporary: Path, place: Path, known: os.stat_result, before: bytes) -> str | None:
    temporary.chmod(stat.S_IMODE(known.st_mode))
    with suppress(OSError, AttributeError):  # only who may give files away, and not on Windows
        os.chown(temporary, known.st_uid, known.st_gid)
    if place.read_bytes() != before:
        return "it was changed by another program meanwhile"
    temporary.replace(place)
    return None
