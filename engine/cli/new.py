"""`aptic-definitions new`: a commented definition to start with, which validates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from engine.cli.target_choice import add_dialect, choose_target, or_declared
from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import (
    Command,
    ComposerArguments,
    Parser,
    add_catalogue,
    add_definitions,
    add_fixtures,
    add_ledger,
    or_meant,
)

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.model import Event
    from engine.sql.target import Target


class NewArguments(ComposerArguments):
    """The options of `new`."""

    event: str
    dialect: str | None
    case: str | None


def add_options(parser: Parser) -> None:
    """Declares them."""
    parser.add_argument("event", metavar="EVENT", help="The event code that is to have a definition.")
    add_definitions(parser)
    add_fixtures(parser)
    parser.add_argument(
        "--case",
        metavar="NAME",
        help="Also writes a case of that name with the event's example message (<event>/NAME/event.json).",
    )
    add_ledger(
        parser,
        ledger="The tables are those of the ledger at this SQLAlchemy URL, unless --ledger-schema gives them.",
        schema="The tables are in FILE, in T-SQL (default: ledger/schema.sql of the fixtures, where that is there).",
    )
    add_dialect(parser)
    add_catalogue(parser)


def run(arguments: NewArguments, console: Console) -> int:
    """Writes the files, and never over one that is there."""
    from engine.catalogue import Catalogue
    from engine.files import SUFFIX

    catalogue = Catalogue.load(arguments.events)
    event = catalogue.events.get(arguments.event)
    if event is None:
        meant = or_meant(arguments.event, catalogue.events)
        raise CannotRunError(f"{arguments.event!r} is no event of the catalogue{meant}")
    _refuse_second(event, arguments.definitions)
    message = None if arguments.case is None else _message_file(event, arguments.case, arguments.fixtures)
    text = _valid_draft(event, catalogue, _target(arguments))
    if message is not None:
        _write(message, _message(event), console)
    _write(arguments.definitions / f"{event.code}{SUFFIX}", text, console)
    return 0


def _target(arguments: NewArguments) -> Target:
    return choose_target(or_declared(arguments.load_options(), arguments.fixtures), arguments.dialect)


def _refuse_second(event: Event, folder: Path) -> None:
    """Two definitions of one event would be a fault of both, whatever their files are called."""
    from engine.files import find_files
    from engine.loading import read_definition

    for path in find_files([folder]) if folder.is_dir() else ():
        definition = read_definition(path).definition
        if path.stem.casefold() == event.code.casefold() or (definition and definition.name == event.code):
            raise CannotRunError(f"{event.code} has a definition already: {path}.")


def _message_file(event: Event, case: str, fixtures: Path) -> Path:
    if not case or case != Path(case).name or case.startswith("."):
        raise CannotRunError(f"{case!r} cannot be the name of a case: it is a folder's name.")
    return fixtures / event.code / case / "event.json"


def _valid_draft(event: Event, catalogue: Catalogue, target: Target) -> str:
    """The most useful draft without a finding."""
    from engine.drafting import drafts
    from engine.files import SUFFIX
    from engine.loading import load_files

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{event.code}{SUFFIX}"
        for text in drafts(event, target.schema):
            path.write_text(text, encoding="utf-8", newline="\n")
            (file,) = load_files([path], catalogue, target)
            if not file.diagnostics:
                return text
    raise CannotRunError(f"No definition of {event.code} could be begun that validates; {path.name} is not written.")


def _message(event: Event) -> str:
    data: Mapping[str, str] = {argument.name: argument.example or "" for argument in event.arguments}
    return json.dumps({"event": event.code, "data": data, "secret": "mySecret"}, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str, console: Console) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise CannotRunError(f"{path} is there already, and is not written over.") from None
    except OSError as error:
        raise CannotRunError(f"{path} cannot be written: {error.strerror}.") from error
    console.write(f"wrote {console.result.escape(str(path))}\n")


NEW = Command(
    name="new",
    summary="Writes a definition to start with.",
    description="Writes a commented definition of an event, over the tables whose keys the event gives.\n"
    "It validates as it is; change in it what the body is to show.\n"
    "The exit code is 0 where it was written, and 2 where it could not run: no file is ever written over.",
    example="statuschange --ledger-schema fixtures/ledger/schema.sql --case paid",
    add_options=add_options,
    run=run,
    arguments=NewArguments,
)
