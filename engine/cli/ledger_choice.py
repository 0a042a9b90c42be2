"""Which ledger a command works on: the one that was named, or the embedded one of the project's fixtures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import ComposerArguments
from engine.reporting.terminal import Style

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

    ledger = choose_ledger(arguments.ledger, schema, arguments.fixtures, approximate=arguments.approximate)
    options = replace(
        arguments.load_options(), folder=arguments.definitions, ledger=ledger.url, ledger_schema=ledger.schema
    )
    if not arguments.approximate:
        return Composer.load(**options.arguments(), on_invalid="hold")
    from engine.testing.approximate import ApproximateComposer

    return ApproximateComposer.load(**options.arguments(), on_invalid="hold")


def approximated(composer: Composer, events: Iterable[str]) -> dict[str, str]:
    """By event code, for those of `events` whose definitions are approximated: what of them is, in words."""
    found = {each.event: ", ".join(each.approximations) for each in composer.status().definitions}
    return {event: found[event] for event in events if found.get(event)}


def warn_of_approximation(found: Mapping[str, str], console: Console) -> None:
    """Says on the standard error output which bodies may be others on SQL Server."""
    for event, what in found.items():
        console.complain(f"{event} is approximate ({what}): on SQL Server the body may differ.", Style.WARNING)


def choose_ledger(url: str | None, schema: Path | None, fixtures: Path, *, approximate: bool = False) -> LedgerChoice:
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
        path = embedded_ledger(declared, data, cache, approximate=approximate)
    except OSError as error:
        raise CannotRunError(f"The embedded ledger cannot be written to {cache}: {error.strerror}.") from error
    return LedgerChoice(f"duckdb:///{path}", schema or declared)
