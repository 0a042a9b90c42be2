"""`aptic-webhooks deliveries` and `replay`: the delivery log, and deliveries that are sent again."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import to_builtins
from msgspec.json import encode

from engine.commandline.console import CannotRunError, Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command, Parser
from webhooks.cli.options import ReportArguments, add_json, add_store, argument, opened, whole_number
from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import DeliveryState
from webhooks.wording import counted

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from webhooks.delivery_log import ShownDelivery, ShownPage, Way
    from webhooks.model import Delivery
    from webhooks.security.keys import Keyring
    from webhooks.store.pages import Filter
    from webhooks.store.store import Store


_FAILED: Final = 1
_NEWEST_EVENTS: Final = 20_000
_HEADING: Final = ("ID", "STATE", "MADE", "EVENT", "URL", "EVENT ID", "NEXT ATTEMPT", "REASON")


class _Arguments(ReportArguments):
    id: str | None
    client: str | None
    url: str | None
    event: str | None
    argument: tuple[str, str] | None
    body: tuple[str | None, str] | None
    state: DeliveryState | None
    reason: str | None
    since: datetime | None
    until: datetime | None
    before: str | None
    limit: int

    def is_filtering(self) -> bool:
        """Whether another condition than the id is given."""
        wanted = (
            self.client,
            self.url,
            self.event,
            self.argument,
            self.body,
            self.state,
            self.reason,
            self.since,
            self.until,
            self.before,
        )
        return any(each is not None for each in wanted)


class _ReplayArguments(ReportArguments):
    ids: list[str]
    recompose: bool


def _run(arguments: _Arguments, console: Console) -> int:
    if arguments.id is not None and arguments.is_filtering():
        raise CannotRunError("An id says which deliveries are meant: give no other condition beside it.")
    with opened(arguments, console) as (store, keyring):
        if arguments.id is None:
            page = _page(store, keyring, arguments, None)
            count = 0 if page.deliveries else _with_argument(store, arguments.argument)
            _print_page(arguments, console, page, count)
        elif (found := _way(store, keyring, arguments.id)) is not None:
            _print_details(arguments, console, found)
        else:
            of_event = _with_id(store, arguments.id)
            _print_page(arguments, console, _page(store, keyring, arguments, of_event), len(of_event))
    return 0


def _with_id(store: Store, id_: str) -> Sequence[int]:
    from webhooks.store import events

    found = store.read_now(lambda connection: events.with_id(connection, id_))
    if not found:
        raise NotFoundError("There is no delivery and no event with this id.")
    return found


def _with_argument(store: Store, argument: tuple[str, str] | None) -> int:
    """How many of the newest events have that argument."""
    from webhooks.store import events

    if argument is None:
        return 0
    count, (name, value) = 0, argument
    after: int | None = max(0, store.read_now(events.last) - _NEWEST_EVENTS)
    while after is not None:
        part = store.read_now(partial(events.with_argument, name=name, value=value, after=after))
        count += len(part.sequences)
        after = part.last
    return count


def _page(store: Store, keyring: Keyring, arguments: _Arguments, sequences: Sequence[int] | None) -> ShownPage:
    """Deliveries, newest first: as many as wanted, or those that were found in a short time."""
    from webhooks.body_search import Sought, search
    from webhooks.delivery_log import look

    wanted = store.read_now(partial(_filter, arguments=arguments, sequences=sequences))
    return look(store, wanted) if arguments.body is None else search(store, keyring, wanted, Sought(*arguments.body))


def _filter(connection: Connection, arguments: _Arguments, sequences: Sequence[int] | None) -> Filter:
    from webhooks.store import clients
    from webhooks.store.clock import microseconds
    from webhooks.store.pages import Filter

    return Filter(
        client_id=None if arguments.client is None else clients.named(connection, arguments.client).id,
        url=arguments.url,
        event=arguments.event,
        state=arguments.state,
        reason=arguments.reason,
        since=None if arguments.since is None else microseconds(arguments.since),
        until=None if arguments.until is None else microseconds(arguments.until),
        before=arguments.before,
        sequences=sequences,
        argument=arguments.argument,
        limit=arguments.limit,
    )


def _way(store: Store, keyring: Keyring, delivery_id: str) -> Way | None:
    """All that is known of a delivery. None if there is none with that id."""
    from webhooks.delivery_log import way_of

    try:
        return way_of(store, keyring, delivery_id, may_see=True)
    except NotFoundError:
        return None


def _replay(arguments: _ReplayArguments, console: Console) -> int:
    with opened(arguments, console) as (store, _):
        is_whole = asyncio.run(_replay_each(store, arguments, console))
    return 0 if is_whole else _FAILED


async def _replay_each(store: Store, arguments: _ReplayArguments, console: Console) -> bool:
    """Replays deliveries. Returns whether all could be replayed; if there are several, complains about each failure."""
    from webhooks.delivery_log import show

    is_whole = True
    for id_ in arguments.ids:
        try:
            again = await store.write(partial(_again, id_=id_, recompose=arguments.recompose))
        except (NotFoundError, ConflictError) as error:
            if len(arguments.ids) == 1:
                raise
            console.complain(f"{id_}: {error.message}")
            is_whole = False
        else:
            told = encode(show(again)) if arguments.json else f"{again.id} is {again.state}.".encode()
            console.write_bytes(told + b"\n")
    return is_whole


def _again(connection: Connection, *, id_: str, recompose: bool) -> Delivery:
    from webhooks.store import deliveries

    return deliveries.replay(connection, None, id_, recompose=recompose)


def _print_page(arguments: _Arguments, console: Console, page: ShownPage, events: int) -> None:
    """Prints a page of deliveries. `events` is the number of events with the argument or the id that was given."""
    if arguments.json:
        console.write_bytes(encode(page) + b"\n")
        return
    write_list(console, _HEADING, [_row(delivery) for delivery in page.deliveries])
    if page.next is not None:
        told = "There are more" if page.deliveries else "None of the newer ones is like this; for the older ones"
        console.write(f"{told}: --before {page.next}\n")
    elif not page.deliveries:
        of_nobody = f" {counted(events, 'event')} may have been for nobody: see webhooks list and clients list."
        console.write(f"No delivery is like this.{of_nobody if events else ''}\n")


def _print_details(arguments: _Arguments, console: Console, way: Way) -> None:
    shown = way.delivery
    if arguments.json:
        further = {"client": way.client, "arguments": way.arguments, "body": way.body, "others": way.others}
        console.write_bytes(encode({**to_builtins(shown), **further}) + b"\n")
        return
    write_list(console, _HEADING, [_row(shown)])
    given = way.arguments
    published = "were erased" if given is None else "  ".join(f"{name}={value}" for name, value in given.items())
    body = way.body or "there is none, or it was erased"
    for name, value in (("client", way.client), ("arguments", published), ("body", body)):
        console.write(f"  {name}  {console.result.escape(value)}\n")
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


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no delivery's id") from None


def _member(text: str) -> tuple[str | None, str]:
    name, equals, value = text.partition("=")
    return (name or None, value) if equals else (None, text)


def _state(text: str) -> DeliveryState:
    try:
        return DeliveryState(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no state: {', '.join(DeliveryState)}") from None


def _options(parser: Parser) -> None:
    add = parser.add_argument
    add("id", nargs="?", metavar="ID", help="A delivery with its attempts and their answers, or those of an event.")
    add("--client", metavar="NAME", help="Those of this client.")
    add("--url", metavar="URL", help="Those to this URL.")
    add("--event", metavar="EVENT", help="Those of this event code.")
    wanted = "Those of events whose argument NAME has this value."
    add("--argument", type=argument, metavar="NAME=VALUE", help=wanted)
    sent = "Those in whose body a member has this value: NAME=VALUE, or VALUE alone."
    add("--body", type=_member, metavar="[NAME=]VALUE", help=sent)
    add("--state", type=_state, metavar="STATE", help=f"Those in this state: {', '.join(DeliveryState)}.")
    add("--reason", metavar="TEXT", help="Those that stand there for this reason, in the words of dead list.")
    add("--from", dest="since", type=_moment, metavar="TIME", help="Those made at this time or later (default: UTC).")
    add("--to", dest="until", type=_moment, metavar="TIME", help="Those made before this time.")
    add("--before", type=_id, metavar="ID", help="What the page before named, for the next page.")
    add("--limit", type=whole_number(1, 10_000), default=100, metavar="N", help="At most N (default: 100).")
    add_store(parser)
    add_json(parser)


def _replay_options(parser: Parser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="A delivery's id; several may be given.")
    recompose = "Composes the body afresh, and sends it under a new id."
    parser.add_argument("--recompose", action="store_true", help=recompose)
    add_store(parser)
    add_json(parser)


DELIVERIES = Command(
    name="deliveries",
    summary="Lists deliveries, or shows one with its attempts.",
    description="Lists deliveries, newest first; or shows one with its attempts, its event's arguments and its body, "
    "in which [secret] stands for the endpoint's secret.",
    example="--argument paymentid=18142",
    add_options=_options,
    run=_run,
    arguments=_Arguments,
)
REPLAY = Command(
    name="replay",
    summary="Sends deliveries that have ended again.",
    description="Sends deliveries that have ended again, each with the same body and webhook-id. One that died before "
    "it had a body is composed in any case. With --json each is a line.",
    example="019ab2c4-7f1e-7c3a-9d52-0b6f4e8a1c37",
    add_options=_replay_options,
    run=_replay,
    arguments=_ReplayArguments,
)
