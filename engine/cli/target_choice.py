"""What definitions are validated for: the dialect and schema of a ledger, given or read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError
from engine.errors import LedgerError
from engine.model import DEFAULT_MAX_ROWS, Dialect

if TYPE_CHECKING:
    from engine.sql.schema import LedgerSchema
    from engine.sql.target import Target


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out about the ledger."""

    dialect: Dialect
    schema: LedgerSchema | None


def choose_target(
    *,
    ledger: str | None,
    ledger_schema: Path | None,
    dialect: str | None,
    databases: Sequence[str],
    time_zone: str | None,
) -> Target:
    """The target that the options name; the ledger is asked for its schema only where no file gives it.

    Raises CannotRunError where the ledger cannot be read, or where SQL is to be translated and no schema is known;
    ConfigurationError for a value that can never work.
    """
    from engine.settings import Settings
    from engine.sql.target import Target

    settings = Settings.checked(
        ".",
        ledger_schema=ledger_schema,
        events=None,
        time_zone=time_zone,
        databases=databases,
        max_rows=DEFAULT_MAX_ROWS,
    )
    known = _schema_only(settings.ledger_schema) if ledger is None else _ask(ledger, settings.ledger_schema)
    chosen = known.dialect if dialect is None else Dialect(dialect)
    if chosen is not Dialect.SQL_SERVER and known.schema is None:
        raise CannotRunError(
            f"--dialect {chosen.value} needs the ledger's schema: translation depends on the types of columns. "
            "Name it with --ledger-schema FILE.sql, or a ledger with --ledger URL."
        )
    return Target(chosen, known.schema, settings.databases, settings.time_zone, settings.max_rows)


def _schema_only(path: Path | None) -> _Known:
    from engine.script import read_schema_file

    return _Known(Dialect.SQL_SERVER, None if path is None else read_schema_file(path))


def _ask(url: str, path: Path | None) -> _Known:
    from engine.execution import open_ledger
    from engine.script import read_schema_file

    try:
        with open_ledger(url, timeout=30.0) as ledger:
            schema = ledger.reflect() if path is None else read_schema_file(path)
            return _Known(Dialect(ledger.dialect), schema)
    except LedgerError as error:
        raise CannotRunError(f"The ledger's schema cannot be read: {error.message}") from error
