"""What the server checks definitions for: options of the command line, which an editor's own settings replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec

from authoring.workbench import Workbench
from engine.catalogue import Catalogue
from engine.cli.target_choice import choose_target
from engine.model import Dialect
from engine.settings import LoadOptions


class _Given(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """An editor's settings; null and an empty text or list are as if the member were not there."""

    ledger: str | None = None
    ledger_schema: str | None = None
    dialect: Dialect | None = None
    events: str | None = None
    time_zone: str | None = None
    databases: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """A ledger's URL may hold a password, so it is not in the repr."""

    ledger: str | None = field(default=None, repr=False)
    ledger_schema: Path | None = None
    dialect: str | None = None
    events: Path | None = None
    time_zone: str | None = None
    databases: Sequence[str] = ()

    def replaced_by(self, given: object, root: Path) -> Self:
        """These settings but for what an editor gives; its paths may be relative to `root`.

        Raises ValueError, in words for people, where that are no settings.
        """
        if not isinstance(given, Mapping):
            return self
        try:
            found = msgspec.convert({name: value for name, value in given.items() if value not in ("", [])}, _Given)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
        return type(self)(
            ledger=found.ledger or self.ledger,
            ledger_schema=_path(found.ledger_schema, root) or self.ledger_schema,
            dialect=found.dialect.value if found.dialect else self.dialect,
            events=_path(found.events, root) or self.events,
            time_zone=found.time_zone or self.time_zone,
            databases=found.databases or self.databases,
        )

    def workbench(self) -> Workbench:
        """Reads the schema, or asks the ledger for it. Raises CannotRunError and ConfigurationError."""
        options = LoadOptions(
            ledger=self.ledger, ledger_schema=self.ledger_schema, time_zone=self.time_zone, databases=self.databases
        )
        return Workbench(Catalogue.load(self.events), choose_target(options, self.dialect))

    def state(self) -> tuple[object, ...]:
        """What changes when the files that are named here change."""
        return tuple(_state(path) for path in (self.ledger_schema, self.events) if path is not None)


def section(settings: Any) -> object:
    """The part of an editor's settings that is for this server."""
    return settings.get("aptic", settings) if isinstance(settings, Mapping) else None


def _path(text: str | None, root: Path) -> Path | None:
    return root / Path(text).expanduser() if text else None


def _state(path: Path) -> object:
    try:
        found = path.stat()
        inside = max((entry.stat().st_mtime_ns for entry in path.iterdir()), default=0) if path.is_dir() else 0
    except OSError as error:
        return error.errno
    return found.st_mtime_ns, found.st_size, found.st_ino, inside
