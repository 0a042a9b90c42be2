"""`aptic-definitions lsp`: the language server, for an editor that starts it."""

from __future__ import annotations

import logging
from importlib.metadata import PackageNotFoundError, version

from engine.cli.target_choice import add_dialect
from engine.commandline.console import Console
from engine.commandline.options import Command, LoadArguments, Parser, add_catalogue, add_ledger
from engine.extras import DISTRIBUTION


class LspArguments(LoadArguments):
    """The options of `lsp`."""

    dialect: str | None
    stdio: bool


def add_options(parser: Parser) -> None:
    """Declares them."""
    add_ledger(
        parser,
        ledger="The schema is read from the ledger at this SQLAlchemy URL, unless --ledger-schema gives it.",
        schema="The ledger's schema is in FILE, in T-SQL; no ledger is needed then.",
    )
    add_dialect(parser)
    add_catalogue(parser)
    parser.add_argument("--stdio", action="store_true", help="Does nothing: editors add it, and there is no other way.")


def run(arguments: LspArguments, console: Console) -> int:
    """Exit code 0 where the editor ended it in order, else 1."""
    from authoring.server.connection import serve
    from authoring.server.features import register
    from authoring.server.server import DefinitionServer
    from authoring.server.settings import Settings

    _keep_quiet(is_debug=arguments.debug, console=console)
    settings = Settings(
        ledger=arguments.ledger,
        ledger_schema=arguments.ledger_schema,
        dialect=arguments.dialect,
        events=arguments.events,
        time_zone=arguments.time_zone,
        databases=tuple(arguments.databases),
    )
    server = DefinitionServer(settings, _version())
    register(server)
    return serve(server)


def _keep_quiet(*, is_debug: bool, console: Console) -> None:
    """Editors show what a server writes beside the protocol: the library's log is for --debug alone."""
    for name in ("pygls", "asyncio", "authoring"):
        log = logging.getLogger(name)
        log.propagate = False
        log.addHandler(logging.StreamHandler(console.err) if is_debug else logging.NullHandler())
        log.setLevel(logging.DEBUG if is_debug and name == "authoring" else logging.WARNING)


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0"


LSP = Command(
    name="lsp",
    summary="Checks definitions in an editor: the language server, which the editor starts.",
    description="A server of the Language Server Protocol on standard input and output, for an editor to start.\n"
    "It checks definitions while they are written, and tells what the SQL and the arguments mean.\n"
    "The editor's own settings `aptic` replace the options. The exit code is 0 where the editor\n"
    "ended it in order, else 1.",
    example="--ledger-schema fixtures/ledger/schema.sql",
    add_options=add_options,
    run=run,
    arguments=LspArguments,
)
