"""`aptic-webhooks deliveries` and `replay`: the delivery log, and deliveries that are sent again."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.json import encode

from engine.cli.console import Console
from engine.cli.options import Command, Parser
from webhooks.cli.listing import write_list
from webhooks.cli.options import ReportArguments, add_json, add_store, opened, whole_number
from webhooks.model import DeliveryState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webhooks.delivery_log import DeliveryDetails, ShownDelivery
    from webhooks.keys import Keyring
    from webhooks.model import Delivery, StoredAttempt
    from webhooks.store.deliveries import Filter
    from webhooks.store.store import Store


_HEADING: Final = ("ID", "STATE", "MADE", "EVENT", "URL", "EVENT ID", "NEXT ATTEMPT", "REASON")


class _Arguments(ReportArguments):
    id: str | None
    client: str | None
    url: str | None
    event: str | None
    state: DeliveryState | None
    since: datetime | None
    until: datetime | None
    before: str | None
    limit: int


class _ReplayArguments(ReportArguments):
    id: str
    recompose: bool


class DeliveryPage(Struct, frozen=True):
    """Deliveries as `--json` prints them; `next` is what `--before` takes for the ones after them."""

    deliveries: list[ShownDelivery]
    next: str | None


def _run(arguments: _Arguments, console: Console) -> int:
    with opened(arguments, console) as (store, keyring):
        if arguments.id is not None:
            _print_details(arguments, console, _details(store, keyring, arguments.id))
        else:
            _print_page(arguments, console, _page(store, arguments))
    return 0


def _page(store: Store, arguments: _Arguments) -> DeliveryPage:
    from webhooks.delivery_log import show
    from webhooks.store import deliveries

    found = store.read_now(lambda connection: deliveries.find(connection, _filter(connection, arguments)))
    shown = [show(delivery) for delivery in found[: arguments.limit]]
    return DeliveryPage(shown, shown[-1].id if len(found) > arguments.limit else None)


def _filter(connection: Connection, arguments: _Arguments) -> Filter:
    from webhooks.store import clients
    from webhooks.store.clock import microseconds
    from webhooks.store.deliveries import Filter

    return Filter(
        client_id=None if arguments.client is None else clients.named(connection, arguments.client).id,
        url=arguments.url,
        event=arguments.event,
        state=arguments.state,
        since=None if arguments.since is None else microseconds(arguments.since),
        until=None if arguments.until is None else microseconds(arguments.until),
        before=arguments.before,
        limit=arguments.limit + 1,
    )


def _details(store: Store, keyring: Keyring, delivery_id: str) -> DeliveryDetails:
    from webhooks.delivery_log import EVERYTHING, show_details
    from webhooks.store import deliveries

    def query(connection: Connection) -> tuple[Delivery, list[StoredAttempt]]:
        found = deliveries.by_id(connection, None, delivery_id)
        return found, deliveries.attempts_of(connection, delivery_id)

    return show_details(*store.read_now(query), keyring, EVERYTHING)


def _replay(arguments: _ReplayArguments, console: Console) -> int:
    from webhooks.delivery_log import show
    from webhooks.store import deliveries

    with opened(arguments, console) as (store, _):
        again = asyncio.run(
            store.write(
                lambda connection: deliveries.replay(connection, None, arguments.id, recompose=arguments.recompose)
            )
        )
    if arguments.json:
        console.write_bytes(encode(show(again)) + b"\n")
    else:
        console.write(f"{again.id} is {again.state}.\n")
    return 0


def _print_page(arguments: _Arguments, console: Console, page: DeliveryPage) -> None:
    if arguments.json:
        console.write_bytes(encode(page) + b"\n")
        return
    write_list(console, _HEADING, [_row(delivery) for delivery in page.deliveries])
    if page.next is not None:
        console.write(f"There are more: --before {page.next}\n")
    if not page.deliveries:
        console.write("There is no such delivery.\n")


def _print_details(arguments: _Arguments, console: Console, shown: DeliveryDetails) -> None:
    if arguments.json:
        console.write_bytes(encode(shown) + b"\n")
        return
    write_list(console, _HEADING, [_row(shown)])
    for number, attempt in enumerate(shown.attempts, 1):
        took = "not ended" if attempt.duration is None else f"{attempt.duration:.3f} s"
        answer = repr(attempt.answer) if attempt.answer else ""
        told = [str(attempt.status) if attempt.status else "", attempt.error or "", answer]
        words = [f"attempt {number}", attempt.time.isoformat(timespec="milliseconds"), took, *filter(None, told)]
        console.write(f"  {console.result.escape('  '.join(words))}\n")


def _row(shown: ShownDelivery) -> Sequence[str]:
    next_at = "" if shown.next_attempt_at is None else shown.next_attempt_at.isoformat(timespec="seconds")
    made = shown.created_at.isoformat(timespec="seconds")
    return shown.id, shown.state.value, made, shown.event, shown.url, shown.event_id, next_at, shown.reason or ""


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-24T10:00:00+01:00") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _state(text: str) -> DeliveryState:
    try:
        return DeliveryState(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no state: {', '.join(DeliveryState)}") from None


def _options(parser: Parser) -> None:
    add = parser.add_argument
    add("id", nargs="?", metavar="ID", help="The delivery with this id, with its attempts and what was answered.")
    add("--client", metavar="NAME", help="Those of this client.")
    add("--url", metavar="URL", help="Those to this URL.")
    add("--event", metavar="EVENT", help="Those of this event code.")
    add("--state", type=_state, metavar="STATE", help=f"Those in this state: {', '.join(DeliveryState)}.")
    add("--from", dest="since", type=_moment, metavar="TIME", help="Those made at this time or later (default: UTC).")
    add("--to", dest="until", type=_moment, metavar="TIME", help="Those made before this time.")
    add("--before", metavar="ID", help="Those that were made before this one, for the next page.")
    add("--limit", type=whole_number(1, 10_000), default=100, metavar="N", help="At most N (default: 100).")
    add_store(parser)
    add_json(parser)


def _replay_options(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help="The delivery's id.")
    recompose = "Composes the body afresh, and sends it under a new id."
    parser.add_argument("--recompose", action="store_true", help=recompose)
    add_store(parser)
    add_json(parser)


DELIVERIES = Command(
    name="deliveries",
    summary="Lists deliveries, or shows one with its attempts.",
    description="Lists deliveries, newest first, or shows one with its attempts.",
    example="--state dead --from 2026-11-24",
    add_options=_options,
    run=_run,
    arguments=_Arguments,
)
REPLAY = Command(
    name="replay",
    summary="Sends a delivery that has ended again.",
    description="Sends a delivery that has ended again, with the same body and webhook-id. One that died before it had "
    "a body is composed in any case.",
    example="019ab2c4-7f1e-7c3a-9d52-0b6f4e8a1c37",
    add_options=_replay_options,
    run=_replay,
    arguments=_ReplayArguments,
)
