"""Which ledger a command works on: the one that was named, or the embedded one of the project's fixtures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError
from engine.commandline.options import ComposerArguments

if TYPE_CHECKING:
    from engine.composer import Composer


@dataclass(frozen=True, slots=True)
class LedgerChoice:
    """`schema` is None where it is to be read from the ledger itself. The URL may hold a password: not in `repr`."""

    url: str = field(repr=False)
    schema: Path | None


def load_composer(arguments: ComposerArguments, schema: Path | None) -> Composer:
    """A composer over the ledger that the arguments choose; a faulty definition holds back its own event only.

    Raises what `choose_ledger` and `Composer.load` raise.
    """
    from engine.composer import Composer

    ledger = choose_ledger(arguments.ledger, schema, arguments.fixtures)
    options = replace(
        arguments.load_options(), folder=arguments.definitions, ledger=ledger.url, ledger_schema=ledger.schema
    )
    return Composer.load(**options.arguments(), on_invalid="hold")


def choose_ledger(url: str | None, schema: Path | None, fixtures: Path) -> LedgerChoice:
    """The named ledger, else the embedded one, built of `fixtures` where it is not yet or no longer the same.

    Raises CannotRunError where neither is there or the folder `.cache` beside the fixtures cannot be written to, and
    ConfigurationError where the fixtures' SQL is faulty.
    """
    if url is not None:
        return LedgerChoice(url, schema)
    declared, data = fixtures / "ledger" / "schema.sql", fixtures / "ledger" / "data.sql"
    missing = [str(path) for path in (declared, data) if not path.is_file()]
    if missing:
        raise CannotRunError(
            f"There is no ledger: {' and '.join(missing)} for an embedded one cannot be found. "
            "Name a ledger with --ledger URL, or the folder of fixtures with --fixtures DIR."
        )
    from engine.testing.ledger import embedded_ledger

    cache = fixtures.parent / ".cache"
    try:
        path = embedded_ledger(declared, data, cache)
    except OSError as error:
        raise CannotRunError(f"The embedded ledger cannot be written to {cache}: {error.strerror}.") from error
    return LedgerChoice(f"duckdb:///{path}", schema or declared)
