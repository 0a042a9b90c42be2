"""`aptic-definitions lineage`: the ledger's columns that each member of a body shows, and those that decide it."""

from __future__ import annotations

from engine.cli.lineage_formats import as_json, as_markdown, as_text
from engine.cli.tracing import TracingArguments, add_tracing, choose_schema, trace_all
from engine.commandline.console import Console
from engine.commandline.options import Command, Parser


class LineageArguments(TracingArguments):
    """The options of `lineage`."""

    chosen: list[str]


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "chosen",
        nargs="*",
        metavar="EVENT",
        help="Only the bodies of these event codes (default: all that have a definition).",
    )
    add_tracing(parser)


def run(arguments: LineageArguments, console: Console) -> int:
    """Exit code 0, or 1 where a definition is left out since it has errors."""
    from engine.lineage import summarise

    target, schema = choose_schema(arguments)
    traced = trace_all(arguments, target, schema, console, arguments.chosen)
    summaries = [summarise(each, schema) for each in traced.lineages]
    if arguments.format == "json":
        console.write_bytes(as_json(summaries).encode())
    elif arguments.format == "markdown":
        console.write_bytes(as_markdown(summaries).encode())
    else:
        for line in as_text(summaries):
            console.write(f"{console.result.escape(line)}\n")
    return 0 if traced.is_whole else 1


LINEAGE = Command(
    name="lineage",
    summary="Shows which columns of the ledger each member of a body comes from.",
    description="Shows for each member of a body the ledger's columns that its value is made of.\n"
    "Beside them stand those that only decide which rows it comes from.\n"
    "They are followed through views, common tables, earlier queries and the template.\n"
    "The exit code is 0, 1 where a definition with errors is left out, and 2 where it could not run.",
    example="ledgerpayment --ledger-schema fixtures/ledger/schema.sql",
    add_options=add_options,
    run=run,
    arguments=LineageArguments,
)
