"""What definitions are validated for: the dialect and schema of a ledger, given or read from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError
from engine.commandline.options import Parser
from engine.errors import LedgerError
from engine.model import Dialect

if TYPE_CHECKING:
    from sqlalchemy import URL

    from engine.settings import LoadOptions
    from engine.sql.schema import LedgerSchema
    from engine.sql.target import Target


def add_dialect(parser: Parser) -> None:
    """Declares `--dialect`."""
    parser.add_argument(
        "--dialect",
        choices=[dialect.value for dialect in Dialect],
        help="The SQL must also run on this kind of ledger (default: the kind that --ledger names, else sqlserver).",
    )


def or_declared(options: LoadOptions, fixtures: Path) -> LoadOptions:
    """The options; where they name no schema and no ledger, with the schema file of the fixtures if that is there."""
    declared = fixtures / "ledger" / "schema.sql"
    if options.ledger is None and options.ledger_schema is None and declared.is_file():
        return replace(options, ledger_schema=declared)
    return options


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out about the ledger."""

    dialect: Dialect
    schema: LedgerSchema | None


def choose_target(options: LoadOptions, dialect: str | None) -> Target:
    """The target that the options name, for `dialect` where one is given.

    The ledger is asked for its schema only where no file gives it. Raises CannotRunError where the ledger cannot be
    read, or where SQL is to be translated and no schema is known; ConfigurationError for a value that can never work.
    """
    from engine.sql.target import Target

    options.check()
    path = options.ledger_schema
    known = _schema_only(path) if options.ledger is None else _ask(options.ledger, path)
    chosen = known.dialect if dialect is None else Dialect(dialect)
    if chosen is not Dialect.SQL_SERVER and known.schema is None:
        raise CannotRunError(
            f"--dialect {chosen.value} needs the ledger's schema: translation depends on the types of columns. "
            "Name it with --ledger-schema FILE.sql, or a ledger with --ledger URL."
        )
    return Target(chosen, known.schema, tuple(options.databases), options.time_zone, options.max_rows)


def _schema_only(path: Path | None) -> _Known:
    from engine.script import read_schema_file

    return _Known(Dialect.SQL_SERVER, None if path is None else read_schema_file(path))


def _ask(url: str | URL, path: Path | None) -> _Known:
    from engine.execution import open_ledger
    from engine.script import read_schema_file

    try:
        with open_ledger(url, timeout=30.0) as ledger:
            schema = ledger.reflect() if path is None else read_schema_file(path)
            return _Known(Dialect(ledger.dialect), schema)
    except LedgerError as error:
        raise CannotRunError(f"The ledger's schema cannot be read: {error.message}") from error
