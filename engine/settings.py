"""What the loading of definitions is told: the only list of its options, with their defaults and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.errors import ConfigurationError
from engine.model import DEFAULT_MAX_ROWS

if TYPE_CHECKING:
    from sqlalchemy import URL

_MOST_ROWS = 10_000_000  # far more than fit into a body


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """Where definitions are, and what they are checked against and composed of.

    `Composer.load` says what each of them is. Here `folder` and `ledger` are None where none is named; a ledger's URL
    may hold a password, so it is not in the repr.
    """

    folder: Path | None = None
    ledger: str | URL | None = field(default=None, repr=False)
    ledger_schema: Path | None = None
    events: Path | None = None
    time_zone: str | None = None
    databases: Sequence[str] = ()
    timeout: float = 5.0
    max_rows: int = DEFAULT_MAX_ROWS
    require_read_only: bool = False

    def arguments(self) -> dict[str, Any]:
        """The arguments of `Composer.load`, which have the same names; it takes no None as the folder or ledger."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def check(self) -> None:
        """Raises ConfigurationError for a value that can never work; looks at no file and no ledger."""
        if self.time_zone is not None:
            _check_zone(self.time_zone)
        if isinstance(self.databases, str):
            raise ConfigurationError(f"`databases` takes a list of names; write [{self.databases!r}].")
        if type(self.max_rows) is not int or not 1 <= self.max_rows <= _MOST_ROWS:
            raise ConfigurationError(
                f"`max_rows` must be a whole number from 1 to {_MOST_ROWS}, not {self.max_rows!r}."
            )


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ConfigurationError(
            f"The time zone {name!r} is unknown here. Give an IANA name such as Europe/Stockholm."
        ) from None
