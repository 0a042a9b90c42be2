"""`aptic-definitions studio`: definitions, their bodies and what is wrong with them, in a browser."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from engine.cli.target_choice import add_dialect
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import (
    Command,
    ComposerArguments,
    Parser,
    add_approximate,
    add_catalogue,
    add_fixtures,
    add_ledger,
    named_path,
)
from engine.model import Dialect

if TYPE_CHECKING:
    from authoring.studio.server import StudioServer


class StudioArguments(ComposerArguments):
    """The options of `studio`."""

    dialect: str | None
    port: int


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument(
        "definitions",
        nargs="?",
        type=named_path,
        default=Path("definitions"),
        metavar="DIR",
        help="The folder of definitions is DIR (default: definitions).",
    )
    add_fixtures(parser)
    add_ledger(
        parser,
        ledger="Bodies are composed on the ledger at this SQLAlchemy URL, a test ledger (default: the embedded one of "
        "the fixtures).",
        schema="The ledger's schema is in FILE, in T-SQL (default: it is read from the ledger; for the embedded one, "
        "from the fixtures).",
    )
    add_dialect(parser)
    add_approximate(parser)
    add_catalogue(parser)
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="The pages are at port N of 127.0.0.1 (default: a free one)."
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a whole number from 0 to 65535")
    return int(text)


def run(arguments: StudioArguments, console: Console) -> int:
    """Serves pages until Ctrl-C or SIGTERM; exit code 0 then."""
    from authoring.studio.app import Studio
    from authoring.studio.context import Project
    from authoring.studio.server import StudioServer
    from authoring.studio.workspace import Workspace

    if not arguments.definitions.is_dir():
        raise CannotRunError(f"{arguments.definitions} is no folder of definitions. Name one: studio DIR.")
    project = Project(
        definitions=arguments.definitions,
        fixtures=arguments.fixtures,
        options=arguments.load_options(),
        dialect=None if arguments.dialect is None else Dialect(arguments.dialect),
        approximate=arguments.approximate,
    )
    project.options.check()
    log = console.logging(debug=arguments.debug, package="authoring")
    with log, TemporaryDirectory(prefix="aptic-studio-") as folder:
        workspace = Workspace(project, Path(folder))
        try:
            server = StudioServer(Studio(workspace), arguments.port)
        except OSError as error:
            reason = f"Port {arguments.port} cannot be used: {error.strerror}. Choose another with --port."
            raise CannotRunError(reason) from error
        try:
            _serve(server, console)
        finally:
            workspace.close()
    return 0


def _serve(server: StudioServer, console: Console) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve_forever, name="studio")
    thread.start()
    try:
        console.write(f"{server.link}\n")
        console.out.flush()
        console.note("Open this link in a browser on this machine. Ctrl-C ends the studio.")
        console.err.flush()
        ended.wait()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


STUDIO = Command(
    name="studio",
    summary="Shows definitions, their bodies and their faults in a browser, as they are after each save.",
    description="Pages on this machine that follow each save: every definition with what the validator says of it,\n"
    "its cases, the body beside the one that is expected, and each query with its values and rows.\n"
    "It writes nothing. Ctrl-C ends it with exit code 0; the exit code is 2 where it could not run.",
    example="definitions --ledger-schema fixtures/ledger/schema.sql",
    add_options=add_options,
    run=run,
    arguments=StudioArguments,
)
