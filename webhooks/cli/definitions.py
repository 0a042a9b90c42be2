"""`aptic-webhooks definitions …`: which events have a definition, which wait for one, and which need none any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import encode

from engine.commandline.console import Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command, Parser, named_path
from webhooks.cli.options import ReportArguments, add_json, add_store, opened, reported, settings_of
from webhooks.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webhooks.definition_list import ShownDefinition


class _AcceptArguments(ReportArguments):
    event: str
    definitions: Path | None


class AcceptedDefinition(Struct, frozen=True):
    """What `definitions accept --json` prints; `waiting` counts the published events that waited for the definition."""

    event: str
    waiting: int


def _list(arguments: ReportArguments, console: Console) -> int:
    from webhooks.definition_list import read
    from webhooks.process.state import is_served

    with reported():
        served = is_served(settings_of(arguments, console))
    with opened(arguments, console) as (store, _):
        found = store.read_now(lambda connection: read(connection, is_served=served))
    if arguments.json:
        console.write_bytes(encode(found.definitions) + b"\n")
        return 0
    rows = [row for each in found.definitions for row in _rows(each)]
    write_list(console, ("EVENT", "STATE", "VERSION", "DEFINED SINCE", "WAITING", "REASON"), rows)
    if not found.definitions:
        console.write("No event has had a definition yet.\n")
    if not found.processes:
        console.write("No process composes now.\n")
    processes = [(each.name, _time(each.started), _time(each.read), each.trouble or "") for each in found.processes]
    write_list(console, ("PROCESS", "STARTED (UTC)", "READ (UTC)", "TROUBLE"), processes)
    return 0


def _rows(definition: ShownDefinition) -> Iterator[tuple[str, ...]]:
    """An event, and beneath it what each process has in service, where they differ."""
    since = "never" if definition.since is None else f"{definition.since:%Y-%m-%d}"
    beneath = definition.versions if definition.differs else ()
    version = "processes differ" if beneath else "".join(each.short_hash for each in definition.versions)
    reason = "" if beneath else definition.reason or ""
    yield definition.event, definition.state or "", version, since, str(definition.waiting), reason
    for each in beneath:
        names = ", ".join(process.name for process in each.processes)
        yield f"  {names}", each.state, each.short_hash, "", "", each.reason or ""


def _time(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def _accept(arguments: _AcceptArguments, console: Console) -> int:
    with opened(arguments, console) as (store, _):
        if arguments.definitions is not None and arguments.event in _defined(arguments.definitions):
            raise ConflictError(
                f"There is a definition of {arguments.event} in {arguments.definitions}, so nothing is to be accepted: "
                "remove the file first, and have the service read the folder again (SIGHUP)."
            )
        accepted = asyncio.run(store.write(lambda connection: _forget(connection, arguments.event)))
    if arguments.json:
        console.write_bytes(encode(accepted) + b"\n")
        return 0
    waited = f", also for the {accepted.waiting} that wait for it" if accepted.waiting else ""
    line = f"Unless it has a definition, {accepted.event} is sent with the default body from now on{waited}."
    console.write(console.result.escape(line) + "\n")
    return 0


def _defined(folder: Path) -> set[str]:
    """The events that the folder's files define, or after which they are named, even faulty ones."""
    from engine.catalogue import Catalogue
    from webhooks.composing.definitions import named_events

    return named_events(folder, Catalogue.load()) or set()


def _forget(connection: Connection, event: str) -> AcceptedDefinition:
    from webhooks.store.definitions import forget, remembered
    from webhooks.store.parking import parked

    if not forget(connection, event):
        known = ", ".join(remembered(connection)) or "none"
        raise NotFoundError(f"No definition of {event!r} is remembered. Remembered are: {known}.")
    return AcceptedDefinition(event, sum(each.count for each in parked(connection) if each.code == event))


def _list_options(parser: Parser) -> None:
    add_store(parser)
    add_json(parser)


def _accept_options(parser: Parser) -> None:
    parser.add_argument("event", metavar="EVENT", help="The event code whose definition is not wanted any more.")
    folder = "The service's definitions are in DIR: an event that has one there is refused."
    parser.add_argument("--definitions", type=named_path, metavar="DIR", help=folder)
    _list_options(parser)


LIST = Command(
    name="definitions list",
    summary="Lists the events that have or had a definition, what each process has in service, and what waits.",
    description="Lists the events that have or had a definition, how many published events cannot be composed now, and "
    "why: a faulty or missing definition, a ledger that is away, a query that keeps timing out. A definition at fault "
    "is told of before an event comes. Each process tells what it has in service after it has read the files: where "
    "they differ, it is said which has what. A version is the beginning of the file's SHA-256.",
    example="",
    add_options=_list_options,
    run=_list,
    arguments=ReportArguments,
)
ACCEPT = Command(
    name="definitions accept",
    summary="Accepts that an event has no definition any more.",
    description="Accepts that an event has no definition any more: it is sent with the default body, also where it "
    "waits already. Without this an event whose definition is missing is never sent.",
    example="ledgerpayment",
    add_options=_accept_options,
    run=_accept,
    arguments=_AcceptArguments,
)
