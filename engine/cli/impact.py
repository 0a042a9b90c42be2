"""`aptic-definitions impact`: which members of which bodies come from a table or column of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from engine.cli.lineage_formats import as_json, as_markdown, made_of, member_name
from engine.cli.tracing import TracingArguments, add_tracing, choose_schema, trace_all
from engine.commandline.console import CannotRunError, Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command, Parser, or_meant
from engine.reporting.terminal import Style
from engine.spelling import known_hint

if TYPE_CHECKING:
    from engine.lineage import LedgerColumn, LineageSummary
    from engine.sql.schema import LedgerSchema

_HEADING: Final = ("EVENT", "MEMBER", "SHOWS", "DECIDED BY")
_MOST_LISTED: Final = 10


class ImpactArguments(TracingArguments):
    """The options of `impact`."""

    name: str


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "name",
        metavar="TABLE[.COLUMN]",
        help="The table, view or column; in any case, with its schema where that is not the default one.",
    )
    add_tracing(parser)


def run(arguments: ImpactArguments, console: Console) -> int:
    """Exit code 0 whether or not anything comes from it, or 1 where a definition is left out since it has errors."""
    from engine.lineage import impact

    target, schema = choose_schema(arguments)
    wanted = _wanted(arguments.name, schema)
    traced = trace_all(arguments, target, schema, console)
    summaries = [impact(each, schema, wanted) for each in traced.lineages]
    _write([each for each in summaries if not each.is_empty], arguments, console)
    return 0 if traced.is_whole else 1


def _wanted(name: str, schema: LedgerSchema) -> Sequence[LedgerColumn]:
    """What the name means. Raises CannotRunError where that is nothing in the ledger."""
    from engine.lineage import find_named, split_name, tables_named

    parts = split_name(name)
    if not parts:
        raise CannotRunError(f"{name!r} is no name: write TABLE or TABLE.COLUMN, in brackets what is no plain word.")
    found = find_named(parts, schema)
    if found:
        return found
    for table in tables_named(parts, schema):
        columns = [column.name for column in table.columns]
        more = f", and {len(columns) - _MOST_LISTED} more" if len(columns) > _MOST_LISTED else ""
        meant = or_meant(parts[-1], columns)
        hint = "" if meant != "." else f" It has {', '.join(columns[:_MOST_LISTED])}{more}."
        raise CannotRunError(f"{table.name} has no column {parts[-1]!r}{meant}{hint}")
    raise CannotRunError(f"The ledger has no {'.'.join(parts)!r}{_or_meant_table(parts, schema)}")


def _or_meant_table(parts: Sequence[str], schema: LedgerSchema) -> str:
    """What ends a sentence: the table that was meant, whether or not a column follows it, or else those there are."""
    tables = schema.tables.values()
    known = {f"{table.schema}.{table.name}" for table in tables}
    known |= {table.name for table in tables if table.schema == schema.default_schema}
    for spelled in (".".join(parts), ".".join(parts[:-1])):
        elsewhere = [name for name in sorted(known) if name.casefold().endswith(f".{spelled.casefold()}")]
        meant = or_meant((elsewhere or [spelled])[0], known)
        if spelled and meant != ".":
            return meant
    inside = f"{schema.default_schema}."
    hint = known_hint(".".join(parts), sorted({name.removeprefix(inside) for name in known}))
    return "." if hint is None else f". {hint}"


def _write(summaries: Sequence[LineageSummary], arguments: ImpactArguments, console: Console) -> None:
    if arguments.format == "json":
        console.write_bytes(as_json(summaries).encode())
        return
    if arguments.format == "markdown":
        console.write_bytes(as_markdown(summaries).encode())
        return
    rows = [row for summary in summaries for row in _rows(summary)]
    if not rows:
        console.tell(f"No body comes from {arguments.name}.")
    write_list(console, _HEADING, rows)
    unknown = sorted({summary.event for summary in summaries if summary.untraced or _has_untraced(summary)})
    if unknown:
        message = f"Not all was traced, so more may come from it; `lineage` tells what of these: {', '.join(unknown)}."
        console.complain(message, Style.WARNING)


def _rows(summary: LineageSummary) -> Iterator[tuple[str, str, str, str]]:
    for member in summary.members:
        shown, decided_by = ", ".join(made_of(member)), ", ".join(member.decided_by)
        if shown or decided_by:
            yield summary.event, member_name(member), shown or "-", decided_by
    if summary.others:
        yield summary.event, "(read besides)", "-", ", ".join(summary.others)


def _has_untraced(summary: LineageSummary) -> bool:
    return any(member.untraced for member in summary.members)


IMPACT = Command(
    name="impact",
    summary="Shows which members of which bodies come from a table or column.",
    description="Shows which members of which bodies show a column of the ledger, or one of a table.\n"
    "Beside them stand the members whose rows it decides: look at both before it is changed.\n"
    "The exit code is 0, 1 where a definition with errors is left out, and 2 where it could not run.",
    example="dat_client.clientname --ledger-schema fixtures/ledger/schema.sql",
    add_options=add_options,
    run=run,
    arguments=ImpactArguments,
)
