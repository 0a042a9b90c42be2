"""`aptic-webhooks erase`: erases what the store holds of the events with a certain argument."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from msgspec.json import encode

from engine.commandline.console import Console
from engine.commandline.options import Command, Parser
from webhooks.cli.options import ReportArguments, add_json, add_store, argument, opened
from webhooks.wording import bodies, counted, deliveries

if TYPE_CHECKING:
    from webhooks.store.erasing import Erased
    from webhooks.store.store import Store

_EVENTS_AT_ONCE: Final = 200
_FAILED: Final = 1


class _Arguments(ReportArguments):
    argument: tuple[str, str]
    cancel: bool


def _run(arguments: _Arguments, console: Console) -> int:
    with opened(arguments, console) as (store, _):
        erased = asyncio.run(_erase(store, *arguments.argument, cancels=arguments.cancel))
        _print(arguments, console, erased)
        is_scrubbed = asyncio.run(store.scrub())
    if not is_scrubbed:
        console.complain("What was erased is still in the store's log, which others were reading: erase again.")
    if erased.under_way:
        console.complain(
            f"Not erased, since deliveries have not ended: the data of {counted(erased.under_way, 'event')}. Wait "
            f"for them{'' if arguments.cancel else ', or cancel them with --cancel'}, and erase again."
        )
    return _FAILED if erased.under_way or not is_scrubbed else 0


def _print(arguments: _Arguments, console: Console, erased: Erased) -> None:
    if arguments.json:
        console.write_bytes(encode(erased) + b"\n")
    else:
        console.write(
            f"Erased: the data of {counted(erased.events, 'event')}, {bodies(erased.bodies)}, "
            f"{counted(erased.answers, 'answer')}. Cancelled: {deliveries(erased.cancelled)}.\n"
        )
        if erased == type(erased)():
            console.write("Nothing is held of an event with this argument and value. GET /v1/events has the names.\n")


async def _erase(store: Store, name: str, value: str, *, cancels: bool) -> Erased:
    """Finds and erases the events in parts, so that other writes need not wait."""
    from webhooks.store import erasing, events

    erased, after = erasing.Erased(), 0
    while True:
        found = store.read_now(lambda connection: events.with_argument(connection, name, value, after))  # noqa: B023
        for start in range(0, len(found.sequences), _EVENTS_AT_ONCE):
            part = found.sequences[start : start + _EVENTS_AT_ONCE]
            erased += await store.write(lambda connection: erasing.erase(connection, part, cancels=cancels))  # noqa: B023
        if found.last is None:
            return erased
        after = found.last


def _options(parser: Parser) -> None:
    wanted = "Of events whose argument NAME has this value, as text."
    parser.add_argument("--argument", type=argument, required=True, metavar="NAME=VALUE", help=wanted)
    cancel = "Cancels deliveries of theirs that have not ended; without it their events are left, and told of."
    parser.add_argument("--cancel", action="store_true", help=cancel)
    add_store(parser)
    add_json(parser)


ERASE = Command(
    name="erase",
    summary="Erases what is held of the events with a certain argument.",
    description="Erases data, bodies and answers of the events with a certain argument, and prints how many. That they "
    "were published and delivered stays known. Backups have to be dealt with apart.",
    example="--argument debtorid=4711",
    add_options=_options,
    run=_run,
    arguments=_Arguments,
)
