"""What commands over a whole folder of definitions have in common: the events that are meant, and the faulty files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.commandline.console import CannotRunError
from engine.commandline.options import or_meant
from engine.model import Diagnostic, LoadedFile, Severity

if TYPE_CHECKING:
    from engine.catalogue import Catalogue

_MOST_NAMED: Final = 5


def check_events(chosen: Iterable[str], catalogue: Catalogue) -> None:
    """Raises CannotRunError for an event code that is in no catalogue."""
    for event in chosen:
        if event not in catalogue.events:
            raise CannotRunError(f"The event {event!r} is in no catalogue{or_meant(event, catalogue.events)}")


def errors_of(file: LoadedFile) -> list[Diagnostic]:
    """The errors among a file's findings."""
    return [found for found in file.diagnostics if found.severity is Severity.ERROR]


def some_of(paths: Sequence[Path]) -> str:
    """The first of them by name, and how many more there are."""
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return ", ".join(map(str, paths[:_MOST_NAMED])) + more
