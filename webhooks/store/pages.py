"""Pages of deliveries, newest first. A page looks at a bounded number of rows, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import eq, ge, lt
from typing import Any, Final

from msgspec import Struct
from msgspec.json import encode
from sqlalchemy import ColumnElement, Connection, func, select

from webhooks.model import Delivery, DeliveryState
from webhooks.store.clock import first_id, now
from webhooks.store.deliveries import FIND, delivery_of
from webhooks.store.holding import held_endpoints, in_state, removals
from webhooks.store.tables import DELIVERIES, EVENTS

MOST_SEEN: Final = 50_000
"""How many deliveries are looked at for one page, at most; a page for an argument takes a fifth of them."""

_FIRST_SEEN: Final = 1000  # most pages are full after these
_FEW: Final = 2000  # so many deliveries in one state are found by their state, and sorted
_ARGUMENT_COSTS: Final = 5
_ID_SLACK_MICROSECONDS: Final = 60_000_000  # between the time in an id and `created_at`, at most

Conditions = list[ColumnElement[bool]]


class Filter(Struct, frozen=True, kw_only=True):
    """Which deliveries are asked for. Times are microseconds; None asks for all."""

    client_id: str | None
    url: str | None = None
    registration_id: int | None = None
    """The registration that they are for; one of the same URL before a removal was another."""
    event: str | None = None
    state: DeliveryState | None = None
    reason: str | None = None
    """Why they have ended, in the whole words of a dead letter."""
    since: int | None = None
    """Created then or later."""
    until: int | None = None
    """Created before."""
    before: str | None = None
    """`Page.next` of the page before."""
    sequences: Sequence[int] | None = None
    """The numbers of their events, which are few."""
    argument: tuple[str | None, str] | None = None
    """A name and a value that their events have; without a name, any of their arguments may have the value."""
    limit: int = 100

    @property
    def is_by_chance(self) -> bool:
        """Whether nobody knows how many rows have to be looked at: no index has what is asked for in its order."""
        return any(
            each is not None
            for each in (self.url, self.registration_id, self.event, self.state, self.reason, self.argument)
        )


class Page(Struct, frozen=True):
    """Deliveries, newest first.

    There may be fewer than asked for, or none, before the end: only where `next` is None are there no more.
    """

    deliveries: Sequence[Delivery]
    next: str | None
    """What `Filter.before` has to be for the next page."""


def find(connection: Connection, wanted: Filter) -> Page:
    """The next deliveries that fit, at most `limit` of them."""
    if wanted.sequences is not None or not wanted.is_by_chance:
        return _page(_read(connection, wanted, []), wanted, None)
    seen_to = None
    for most in (_FIRST_SEEN, MOST_SEEN // (1 if wanted.argument is None else _ARGUMENT_COSTS)):
        seen_to = _nth(connection, wanted, most)
        found = _read(connection, wanted, [] if seen_to is None else [DELIVERIES.c.id >= seen_to])
        if len(found) > wanted.limit or seen_to is None:
            break
        if most == _FIRST_SEEN and (few := _few(connection, wanted)) is not None:
            return _page(few, wanted, None)
    return _page(found, wanted, seen_to)


def _page(found: Sequence[Delivery], wanted: Filter, seen_to: str | None) -> Page:
    """The page of what was found, by looking back to the id `seen_to`, or at all there is."""
    shown = found[: wanted.limit]
    return Page(shown, shown[-1].id if len(found) > wanted.limit else seen_to)


def _read(connection: Connection, wanted: Filter, within: Conditions) -> list[Delivery]:
    """One more than the limit, where there are so many."""
    conditions = [*_of_time(wanted), *_by_chance(connection, wanted), *within]
    if wanted.sequences is not None:
        conditions.append(DELIVERIES.c.event_sequence.in_(wanted.sequences))
    query = FIND.where(*conditions).order_by(DELIVERIES.c.id.desc()).limit(wanted.limit + 1)
    return [delivery_of(row) for row in connection.execute(query)]


def _nth(connection: Connection, wanted: Filter, count: int) -> str | None:
    """The id of the delivery that so many newer ones come before, of all those from which the wanted ones are."""
    query = select(DELIVERIES.c.id).where(*_of_time(wanted)).order_by(DELIVERIES.c.id.desc())
    found: str | None = connection.scalar(query.offset(count).limit(1))
    return found


def _few(connection: Connection, wanted: Filter) -> list[Delivery] | None:
    """What fits among the deliveries of the wanted registration or state, if these are few.

    Delivered ones never count as few.
    """
    if (written := _written(connection, wanted)) is None:
        return None
    ids = connection.scalars(select(DELIVERIES.c.id).where(written).limit(_FEW + 1)).all()
    if len(ids) > _FEW:
        return None
    found: list[Delivery] = []
    ids = sorted((id_ for id_ in ids if wanted.before is None or id_ < wanted.before), reverse=True)
    part = 2 * wanted.limit
    for start in range(0, len(ids), part):
        found += _read(connection, wanted, [DELIVERIES.c.id.in_(ids[start : start + part])])
        if len(found) > wanted.limit:
            break
    return found


def _written(connection: Connection, wanted: Filter) -> ColumnElement[bool] | None:
    """What an index has of the wanted ones, though not in the order of the page; None where none has."""
    if wanted.registration_id is not None:
        return DELIVERIES.c.registration_id == wanted.registration_id
    if wanted.state in (None, DeliveryState.DELIVERED):  # the index on states leaves them out
        return None
    if wanted.state is DeliveryState.CANCELLED and removals(connection):
        return None
    if wanted.state is DeliveryState.HELD:
        waits = DELIVERIES.c.state.in_((DeliveryState.PENDING, DeliveryState.COMPOSING))
        return waits & DELIVERIES.c.registration_id.in_(held_endpoints(connection, now()))
    return DELIVERIES.c.state == wanted.state


def _of_time(wanted: Filter) -> Conditions:
    """What an index has in the order of the page."""
    column = DELIVERIES.c
    given: tuple[tuple[ColumnElement[Any], Callable[[Any, Any], Any], object], ...] = (
        (column.client_id, eq, wanted.client_id),
        # Ids follow time, so that the database need not look at older ones, nor at much newer ones.
        (column.id, ge, None if wanted.since is None else first_id(wanted.since - _ID_SLACK_MICROSECONDS)),
        (column.id, lt, None if wanted.until is None else first_id(wanted.until + _ID_SLACK_MICROSECONDS)),
        (column.id, lt, wanted.before),
    )
    return [compare(left, value) for left, compare, value in given if value is not None]


def _by_chance(connection: Connection, wanted: Filter) -> Conditions:
    column = DELIVERIES.c
    given: tuple[tuple[ColumnElement[Any], Callable[[Any, Any], Any], object], ...] = (
        (column.url, eq, wanted.url),
        (column.registration_id, eq, wanted.registration_id),
        (column.event, eq, wanted.event),
        (column.reason, eq, wanted.reason),
        (column.created_at, ge, wanted.since),
        (column.created_at, lt, wanted.until),
    )
    conditions = [compare(left, value) for left, compare, value in given if value is not None]
    if wanted.state is not None:
        conditions.append(in_state(wanted.state))
    if wanted.argument is not None:
        name, value = wanted.argument
        position = func.instr if connection.dialect.name == "sqlite" else func.strpos
        # Stored without blanks, and a quotation mark inside of a text has a backslash before it: so this is exact.
        found = encode(value) if name is None else encode({name: value})[1:-1]
        conditions.append(position(EVENTS.c.arguments, f"{':' if name is None else ''}{found.decode()}") > 0)
    return conditions
