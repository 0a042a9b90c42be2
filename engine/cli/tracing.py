"""The lineage of a folder of definitions, for the commands that show some of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.cli.folder import check_events, errors_of, some_of
from engine.cli.target_choice import choose_target, or_declared
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import (
    ComposerArguments,
    Parser,
    add_catalogue,
    add_definitions,
    add_fixtures,
    add_ledger,
)
from engine.reporting.terminal import Style

if TYPE_CHECKING:
    from pathlib import Path

    from engine.catalogue import Catalogue
    from engine.lineage import DefinitionLineage
    from engine.model import Definition
    from engine.sql.schema import LedgerSchema
    from engine.sql.target import Target

FORMATS: Final = ("text", "json", "markdown")
_STILL_TRACED: Final = "undisclosed"
"""Such an error is about the lineage, and so does not stand in its way."""


class TracingArguments(ComposerArguments):
    """The options of a command that traces."""

    format: str


@dataclass(frozen=True, slots=True)
class Traced:
    """`is_whole` is false where a definition is left out, since it has errors or the program failed at it."""

    schema: LedgerSchema
    lineages: Sequence[DefinitionLineage]
    is_whole: bool


def add_tracing(parser: Parser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="Writes lines for people (text, the default), a list of objects (json) or tables (markdown).",
    )
    add_ledger(
        parser,
        ledger="The schema is read from the ledger at this SQLAlchemy URL, unless --ledger-schema gives it.",
        schema="The ledger's schema is in FILE, in T-SQL (default: ledger/schema.sql of the fixtures).",
    )
    add_definitions(parser)
    add_fixtures(parser)
    add_catalogue(parser)


def choose_schema(arguments: TracingArguments) -> tuple[Target, LedgerSchema]:
    """What the definitions are over. Raises CannotRunError where no schema is known: nothing could be traced."""
    target = choose_target(or_declared(arguments.load_options(), arguments.fixtures), None)
    if target.schema is None:
        raise CannotRunError(
            "Nothing can be traced without the ledger's schema: name it with --ledger-schema FILE.sql, "
            "or a ledger with --ledger URL."
        )
    return target, target.schema


def trace_all(
    arguments: TracingArguments, target: Target, schema: LedgerSchema, console: Console, chosen: Collection[str] = ()
) -> Traced:
    """The lineage of every definition, or of those of the chosen events, by event code.

    Says which definitions are left out. Raises CannotRunError for an unknown event and a folder without definitions.
    """
    from engine.catalogue import Catalogue
    from engine.failures import internal_error, where
    from engine.lineage import Tracer, read_lineage

    catalogue = Catalogue.load(arguments.events)
    check_events(chosen, catalogue)
    definitions, faulty = _definitions(arguments.definitions, catalogue, target)
    wanted = [each for each in definitions if not chosen or each.name in chosen]
    if faulty:
        console.complain(f"Left out, with errors that validate-definitions shows: {some_of(faulty)}.")
    else:
        _tell_of_default_bodies(sorted(set(chosen) - {each.name for each in wanted}), console)
    lineages, tracer = [], Tracer(schema)
    for definition in sorted(wanted, key=lambda each: each.name):
        try:
            lineages.append(read_lineage(definition, tracer))
        except Exception as error:
            fault = internal_error(definition.file, where(error))
            console.complain(f"Left out is {fault.file}: {fault.message} {fault.hint}")
            tracer = Tracer(schema)  # the other one may have stopped in the middle of a view
    return Traced(schema, lineages, not faulty and len(lineages) == len(wanted))


def _definitions(folder: Path, catalogue: Catalogue, target: Target) -> tuple[list[Definition], list[Path]]:
    """The definitions that can be traced, and the other files."""
    from engine.files import find_files
    from engine.loading import load_files

    paths = find_files([folder])
    if not paths:
        raise CannotRunError(f"{folder} holds no definition: no file whose name ends in .xml.")
    found, faulty = [], []
    for file in load_files(paths, catalogue, target):
        if file.definition is None or any(error.rule != _STILL_TRACED for error in errors_of(file)):
            faulty.append(file.path)
        else:
            found.append(file.definition)
    return found, faulty


def _tell_of_default_bodies(events: Sequence[str], console: Console) -> None:
    for event in events:
        message = f"{event} has no definition: its body is made of the event's message, and of nothing in the ledger."
        console.complain(message, Style.WARNING)
