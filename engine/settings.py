"""What `Composer.load` was told, checked, for the load and every reload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from engine.errors import ConfigurationError

_MOST_ROWS = 10_000_000  # far more than fit into a body


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the definitions are and what they are checked against."""

    folder: Path
    ledger_schema: Path | None
    events: Path | None
    time_zone: str | None
    databases: tuple[str, ...]
    max_rows: int

    @classmethod
    def checked(
        cls,
        folder: str | Path,
        *,
        ledger_schema: str | Path | None,
        events: str | Path | None,
        time_zone: str | None,
        databases: Sequence[str],
        max_rows: int,
    ) -> Self:
        """The settings; raises ConfigurationError for a value that can never work."""
        if folder == "":
            raise ConfigurationError("The folder of definitions is an empty text: is a variable not set?")
        if time_zone is not None:
            _check_zone(time_zone)
        if isinstance(databases, str):
            raise ConfigurationError(f"`databases` takes a list of names; write [{databases!r}].")
        if type(max_rows) is not int or not 1 <= max_rows <= _MOST_ROWS:
            raise ConfigurationError(f"`max_rows` must be a whole number from 1 to {_MOST_ROWS}, not {max_rows!r}.")
        return cls(
            Path(folder),
            None if ledger_schema is None else Path(ledger_schema),
            None if events is None else Path(events),
            time_zone,
            tuple(databases),
            max_rows,
        )


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ConfigurationError(
            f"The time zone {name!r} is unknown here. Give an IANA name such as Europe/Stockholm."
        ) from None
