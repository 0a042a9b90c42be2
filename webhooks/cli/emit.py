"""`aptic-webhooks emit`: publishes an event without the API."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec.json import encode

from engine.commandline.console import Console, read_input
from engine.commandline.options import Command, Parser, add_events
from webhooks.cli.options import ReportArguments, add_json, add_store, opened, reported
from webhooks.errors import RefusedError, ServiceError
from webhooks.model import PublishedEvent

PUBLISHER = "command line"
"""The publisher of these events, as the store names it; no client has this id."""


class _Arguments(ReportArguments):
    event: str
    message: str
    events: Path | None


def _options(parser: Parser) -> None:
    add = parser.add_argument
    add("event", metavar="EVENT", help="The event code, for example ledgerpayment.")
    message = (
        "The event is in FILE, in JSON as POST /v1/events takes it, where `event` may be left out; - reads it from "
        "standard input."
    )
    add("--message", required=True, metavar="FILE", help=message)
    add_events(parser)
    add_store(parser)
    add_json(parser)


def _emit(arguments: _Arguments, console: Console) -> int:
    event = _event(arguments)
    with opened(arguments, console) as (store, _):
        from webhooks.store import events

        (result,) = asyncio.run(store.write(events.Publish(PUBLISHER, [event])))
        if isinstance(result, ServiceError):
            raise result
    console.write_bytes(encode({"id": result}) + b"\n" if arguments.json else f"{result}\n".encode())
    return 0


def _event(arguments: _Arguments) -> PublishedEvent:
    from engine.catalogue import Catalogue
    from webhooks import intake, json_text

    catalogue = Catalogue.load(arguments.events)
    with reported():
        try:
            value = json_text.read(read_input(arguments.message))
            if not isinstance(value, dict):
                raise RefusedError('The message must be a JSON object, such as {"data": {"debtorid": "4711"}}.')
            if value.setdefault("event", arguments.event) != arguments.event:
                raise RefusedError(f"The message is of another event: its member event is not {arguments.event}.")
            return intake.read_event(value, catalogue)
        except RefusedError as error:
            faults = [f"{fault.pointer}: {fault.detail}" for fault in error.faults]
            raise RefusedError("\n".join([error.message, *faults])) from None


EMIT = Command(
    name="emit",
    summary="Publishes an event.",
    description="Publishes an event as POST /v1/events does, and prints its id once it is durable. The service need "
    "not run.",
    example="ledgerpayment --message payment.json",
    add_options=_options,
    run=_emit,
    arguments=_Arguments,
)
