"""`aptic-definitions disclosures`: what is classified as sensitive and leaves the ledger, and why it may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.cli.tracing import TracingArguments, add_tracing, choose_schema, trace_all
from engine.commandline.console import Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command
from engine.reporting.terminal import Style

if TYPE_CHECKING:
    from engine.lineage import DefinitionLineage
    from engine.sql.schema import LedgerSchema

_HEADING: Final = ("EVENT", "MEMBER", "COLUMN", "LABEL", "REASON")
_BODY: Final = "(the body)"
_UNDISCLOSED: Final = "(undisclosed)"


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A member that shows a classified column. `reason` is None where the definition gives none."""

    event: str
    member: str
    column: str
    label: str
    reason: str | None


def run(arguments: TracingArguments, console: Console) -> int:
    """Exit code 0, or 1 where something is undisclosed, or a definition is left out since it has errors."""
    target, schema = choose_schema(arguments)
    if not schema.has_classifications:
        console.complain("The ledger's schema classifies no column as sensitive.", Style.WARNING)
    traced = trace_all(arguments, target, schema, console)
    found = [each for lineage in traced.lineages for each in _disclosed(lineage, schema)]
    _tell_of_untraced(traced.lineages, console)
    _write(found, arguments.format, console)
    return 0 if traced.is_whole and all(each.reason is not None for each in found) else 1


def _disclosed(lineage: DefinitionLineage, schema: LedgerSchema) -> Iterator[Disclosed]:
    from engine.lineage import classified_members, name_of

    definition = lineage.definition
    reasons = {each.label.casefold(): each.reason for each in definition.disclosures}
    for member in classified_members(lineage, schema):
        label = member.classification.name
        column = name_of(member.origin, schema)
        yield Disclosed(definition.name, member.pointer, column, label, reasons.get(label.casefold()))


def _tell_of_untraced(lineages: Iterable[DefinitionLineage], console: Console) -> None:
    """What was not traced may show more than is listed."""
    from engine.lineage import is_traced

    events = [lineage.definition.name for lineage in lineages if not is_traced(lineage)]
    if events:
        message = f"Not all was traced, so more may be shown; `lineage` tells what of these: {', '.join(events)}."
        console.complain(message, Style.WARNING)


def _write(found: Sequence[Disclosed], format_: str, console: Console) -> None:
    if format_ == "json":
        from msgspec import json

        console.write_bytes(json.format(json.encode(found), indent=2) + b"\n")
        return
    rows = [(each.event, each.member or _BODY, each.column, each.label, each.reason or _UNDISCLOSED) for each in found]
    if format_ == "markdown":
        from engine.markdown import plain, table

        text = table([name.lower() for name in _HEADING], [tuple(map(plain, row)) for row in rows])
        console.write_bytes(f"{text}\n".encode())
    else:
        write_list(console, _HEADING, rows)


DISCLOSURES = Command(
    name="disclosures",
    summary="Lists the members that show what is classified as sensitive, and why.",
    description="Lists each member of a body that shows a column of the ledger that is classified as sensitive.\n"
    "Beside it stand the label, and the reason that the definition gives.\n"
    "The exit code is 0, 1 where no reason is given or a definition with errors is left out, and 2 where it could not "
    "run.",
    example="--ledger-schema fixtures/ledger/schema.sql --format markdown",
    add_options=add_tracing,
    run=run,
    arguments=TracingArguments,
)
