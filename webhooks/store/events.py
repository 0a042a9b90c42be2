"""Events in the store: an event and its deliveries are written together."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol, Self

from msgspec import Struct
from msgspec.json import decode, encode
from sqlalchemy import Connection, Row, func, select

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import EventState, PublishedEvent, StoredEvent
from webhooks.store import attempts, compositions, endpoints, jobs
from webhooks.store.attempts import Ready
from webhooks.store.bulk import NUMBER, TEXT, Bulk, BulkInsert
from webhooks.store.clock import moment, now, sortable_id
from webhooks.store.command import Together
from webhooks.store.compositions import Addressed, Sendable, Waiting
from webhooks.store.endpoints import Endpoint
from webhooks.store.jobs import UNLIMITED, Job, Kind, Room
from webhooks.store.queries import load
from webhooks.store.statement import Prepared
from webhooks.store.tables import DELIVERIES, EVENTS

_SQL: Final = load("events")

_OTHER_CONTENT = "An event with the id {!r} was published before, with other content."
# On PostgreSQL it locks the registrations: one that is being paused or removed is read as it is after that.
_SUBSCRIBERS = Bulk(_SQL["subscribers"], "FOR SHARE OF registration", finds=8, event=TEXT)
_INSERT = BulkInsert(
    "event",
    _SQL["insert"],
    ("sequence", "id", "publisher_id"),
    place=NUMBER,
    id=TEXT,
    publisher_id=TEXT,
    event=TEXT,
    arguments=TEXT,
    state=TEXT,
)
_DIGESTS = Bulk(_SQL["digests"], finds=3, blobs=(2,), id=TEXT, publisher_id=TEXT)
_DELIVER = Bulk(
    _SQL["deliver"],
    id=TEXT,
    event_sequence=NUMBER,
    client_id=TEXT,
    registration_id=NUMBER,
    event=TEXT,
    url=TEXT,
    attempts=NUMBER,
)
_MOST_SENDABLE: Final = 16  # deliveries of one event whose body is made at once: more would keep its intake long
_FIND = select(EVENTS)
_SCANNED_EVENTS = 5000
_ARGUMENTS = Prepared(_SQL["arguments"])
_OF_DELIVERY = Prepared(_SQL["of_delivery"])


class Matches(Struct, frozen=True):
    """Events that have an argument, by sequence number. The search goes on after `last`, None at its end."""

    sequences: Sequence[int]
    last: int | None


class _Subscriber(Struct, frozen=True):
    registration_id: int
    client_id: str
    url: str
    is_held: bool
    """The registration is paused or disabled, and cannot be resumed before the COMMIT; its client may be disabled."""
    only: Mapping[str, str]
    is_defined: bool
    """The store remembers that the event had a definition."""
    waits_until: int | None
    """The endpoint asked for no attempt before, in microseconds."""
    endpoint: Endpoint | None
    """What a request needs, where a caller has a turn for it."""

    def takes(self, arguments: Mapping[str, str]) -> bool:
        """Whether an event with these arguments is for this client."""
        return all(arguments.get(name) == value for name, value in self.only.items())


class Bodies(Protocol):
    """Makes bodies that need nothing but the event. The writer's thread calls it."""

    def make(self, event: PublishedEvent, sequence: int, *, is_defined: bool) -> bytes | None:
        """The body of the event with that number, encrypted. None where it has to be composed later.

        `is_defined` says that the store remembers a definition.
        """
        ...

    def are_composed_here(self, code: str) -> bool:
        """Whether this process composes such events now, and has room for some."""
        ...


class _NewEvent(Struct, frozen=True):
    """An event as it is to be stored; `key` is its id and its publisher's. Its command hears what is sendable."""

    key: tuple[str, str]
    event: PublishedEvent
    digest: bytes
    takers: Sequence[_Subscriber]
    command: Publish

    def body(self, sequence: int) -> bytes | None:
        """The body that it is stored with; None where it has to be composed later, or is not due."""
        bodies = self.command.bodies
        due = [taker for taker in self.takers if not taker.is_held]
        if bodies is None or not 1 <= len(due) <= _MOST_SENDABLE:
            return None
        return bodies.make(self.event, sequence, is_defined=due[0].is_defined)

    def is_composed_here(self) -> bool:
        """Whether its caller has it composed as soon as it is stored: it came alone, and there is room."""
        bodies = self.command.bodies
        return bodies is not None and len(self.command.events) == 1 and bodies.are_composed_here(self.event.code)

    def delivery_id(self, taker: _Subscriber) -> str | None:
        """The id of its delivery whose attempt the caller would begin with it; None where it may have any."""
        job = self.command.begin.get(taker.registration_id)
        return None if job is None else job.key

    def waiting(self, sequence: int, ids: Sequence[str]) -> Waiting:
        """Its composition, as `compositions.find` would give it."""
        due = [(id_, taker) for id_, taker in zip(ids, self.takers, strict=True) if not taker.is_held]
        return Waiting(
            sequence=sequence,
            version=0,
            code=self.event.code,
            event_id=self.key[0],
            arguments=encode(self.event.arguments).decode(),
            failures=0,
            is_needed=True,
            is_defined=self.takers[0].is_defined,
            to=[Addressed(id_, taker.registration_id, taker.client_id) for id_, taker in due[:_MOST_SENDABLE]],
        )

    def row(self, place: int) -> tuple[object, ...]:
        """Its values as they are inserted."""
        state = EventState.ACCEPTED if self.takers else EventState.UNSUBSCRIBED
        return place, *self.key, self.event.code, encode(self.event.arguments).decode(), state.value


class _NewDelivery(Struct, frozen=True):
    """A delivery as it is to be stored."""

    id: str
    event: _NewEvent
    sequence: int
    taker: _Subscriber

    def row(self, *, is_begun: bool) -> tuple[object, ...]:
        """Its values as they are inserted."""
        taker = self.taker
        to = taker.client_id, taker.registration_id, self.event.event.code, taker.url
        return self.id, self.sequence, *to, int(is_begun)

    def ready(self, at: int, body: bytes, endpoint: Endpoint) -> Ready:
        """Its first attempt."""
        return Ready(
            id=self.id,
            attempt=1,
            started_at=at,
            failures=0,
            created_at=at,
            first_at=at,
            event_id=self.event.key[0],
            event_sequence=self.sequence,
            version=0,
            url=self.taker.url,
            body=body,
            endpoint=endpoint,
        )


class Publish(Together[list[str | ConflictError]]):
    """Gives for each event its id, once it is stored with a delivery for each registration that takes it.

    The same id with the same content is the event that is stored already; with other content it is a ConflictError.
    Where `bodies` makes an event's body, it is stored with that. After the COMMIT `sendable` has its deliveries, and
    `waiting` what is to be composed by this process, with its job. The caller claims these jobs. Deliveries for which
    it has no `room` get none: `parked` has their endpoints.

    An event that comes alone is stored with an attempt for each endpoint in `begin`, whose turn the caller has: `begun`
    has the attempts. The ids of their deliveries are given by the endpoints, so that the caller claims them before.
    """

    __slots__ = ("begin", "begun", "bodies", "events", "parked", "publisher_id", "room", "sendable", "waiting")

    def __init__(self, publisher_id: str, events: Sequence[PublishedEvent], bodies: Bodies | None = None) -> None:
        self.publisher_id = publisher_id
        self.events = events
        self.bodies = bodies
        self.begin: Mapping[int, Job] = {}
        self.room = UNLIMITED
        self.begun: list[Ready] = []
        self.sendable: list[Sendable] = []
        self.waiting: list[tuple[Waiting, Job]] = []
        self.parked: set[int] = set()

    @classmethod
    def run_together(cls, connection: Connection, commands: Sequence[Self]) -> list[list[str | ConflictError]]:
        """As Together says; numbers rise in the order of the commands."""
        created_at = now()
        for command in commands:
            command.sendable, command.waiting, command.parked, command.begun = [], [], set(), []
        given = [(command, event) for command in commands for event in command.events]
        begin = {id_ for command in commands for id_ in command.begin}
        subscribers = _subscribers(connection, {event.code for _, event in given}, begin)
        asked = [
            _new_event(command, event, event.id or sortable_id(created_at, index), subscribers)
            for index, (command, event) in enumerate(given)
        ]
        results = iter(_store(connection, created_at, asked))
        return [list(islice(results, len(command.events))) for command in commands]


def publish(connection: Connection, publisher_id: str, events: Sequence[PublishedEvent]) -> list[str | ConflictError]:
    """As Publish, by itself."""
    return Publish(publisher_id, events)(connection)


def by_id(connection: Connection, publisher_id: str | None, event_id: str, *, first: str = "") -> StoredEvent:
    """One event. Raises NotFoundError where there is none, or it is another publisher's (None sees every one).

    Of several publishers' events with that id it is the one of `first`, or else the oldest.
    """
    query = _FIND.where(EVENTS.c.id == event_id)
    if publisher_id is not None:
        query = query.where(EVENTS.c.publisher_id == publisher_id)
    row = connection.execute(query.order_by(EVENTS.c.publisher_id != first, EVENTS.c.sequence).limit(1)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such event.")
    return _event(row)


def with_argument(connection: Connection, name: str, value: str, after: int) -> Matches:
    """The next events after a number whose argument `name` has that value."""
    rows = _ARGUMENTS.run(connection, after=after, most=_SCANNED_EVENTS)
    found = [sequence for sequence, arguments in rows if arguments is not None and decode(arguments).get(name) == value]
    return Matches(found, rows[-1][0] if len(rows) == _SCANNED_EVENTS else None)


def last(connection: Connection) -> int:
    """The highest number of an event; 0 where there is none."""
    return connection.scalar(select(func.max(EVENTS.c.sequence))) or 0


def with_id(connection: Connection, event_id: str) -> list[int]:
    """The events with that id, of any publisher, by sequence number."""
    return list(connection.scalars(select(EVENTS.c.sequence).where(EVENTS.c.id == event_id)))


def arguments_of(connection: Connection, delivery_id: str) -> Mapping[str, str] | None:
    """What the event of a delivery was published with; None where there is none, or it was erased."""
    rows = _OF_DELIVERY.run(connection, id=delivery_id)
    return decode(rows[0][0]) if rows and rows[0][0] is not None else None


def arguments_of_many(connection: Connection, delivery_ids: Collection[str]) -> dict[str, Mapping[str, str]]:
    """By delivery what its event was published with; without those that are not there or were erased."""
    query = select(DELIVERIES.c.id, EVENTS.c.arguments).join(EVENTS, EVENTS.c.sequence == DELIVERIES.c.event_sequence)
    rows = connection.execute(query.where(DELIVERIES.c.id.in_(delivery_ids)))
    return {id_: decode(arguments) for id_, arguments in rows if arguments is not None}


def _subscribers(
    connection: Connection, codes: Collection[str], begin: Collection[int]
) -> dict[str, list[_Subscriber]]:
    """By code; those in `begin` with their endpoints. Both statements are sent together."""
    fetch = _SUBSCRIBERS.ask(connection, [(code,) for code in codes])
    fetch_known = endpoints.ask(connection, begin)
    rows, known = fetch(), fetch_known()
    found: dict[str, list[_Subscriber]] = {code: [] for code in codes}
    for code, registration_id, client_id, url, is_held, only, is_defined, waits_until in rows:
        taker = _Subscriber(
            registration_id,
            client_id,
            url,
            bool(is_held),
            decode(only),
            bool(is_defined),
            waits_until,
            known.get(registration_id),
        )
        found[code].append(taker)
    return found


def _new_event(
    command: Publish, event: PublishedEvent, id_: str, subscribers: Mapping[str, Sequence[_Subscriber]]
) -> _NewEvent:
    takers = [found for found in subscribers[event.code] if found.takes(event.arguments)]
    return _NewEvent((id_, command.publisher_id), event, _digest(event), takers, command)


def _store(connection: Connection, created_at: int, asked: Sequence[_NewEvent]) -> Iterator[str | ConflictError]:
    """Stores those that are not there yet; of several with one key the first. Gives what is said of each."""
    firsts: dict[tuple[str, str], _NewEvent] = {}
    for event in asked:
        firsts.setdefault(event.key, event)
    rows = [event.row(place) for place, event in enumerate(firsts.values())]
    digests = b"".join(event.digest for event in firsts.values())
    found = _INSERT.run(connection, rows, digests=digests, created_at=created_at)
    sequences = {(id_, publisher_id): sequence for sequence, id_, publisher_id in found}
    _deliver(connection, created_at, [(event, sequences[key]) for key, event in firsts.items() if key in sequences])
    known = {key: event.digest for key, event in firsts.items() if key in sequences}
    for id_, publisher_id, digest in _DIGESTS.run(connection, [key for key in firsts if key not in known]):
        known[id_, publisher_id] = bytes(digest)
    return (
        event.key[0] if known[event.key] == event.digest else ConflictError(_OTHER_CONTENT.format(event.key[0]))
        for event in asked
    )


def _digest(event: PublishedEvent) -> bytes:
    """Of what was published; the order of the arguments does not count."""
    return hashlib.sha256(encode((event.code, event.arguments), order="sorted")).digest()


def _deliver(connection: Connection, created_at: int, stored: Sequence[tuple[_NewEvent, int]]) -> None:
    """Makes the deliveries of events that were given these sequence numbers, and what they are composed by."""
    made = [
        _NewDelivery(event.delivery_id(taker) or sortable_id(created_at, index), event, sequence, taker)
        for index, (event, sequence, taker) in enumerate(
            (event, sequence, taker) for event, sequence in stored for taker in event.takers
        )
    ]
    bodies = {sequence: body for event, sequence in stored if (body := event.body(sequence)) is not None}
    _have_sent(connection, created_at, [each for each in made if each.sequence in bodies])
    begun = _to_begin(created_at, [each for each in made if each.event.delivery_id(each.taker)], bodies)
    _DELIVER.run(connection, [each.row(is_begun=each.id in begun) for each in made], created_at=created_at)
    compositions.add_composed(connection, bodies)
    later = [(event, sequence) for event, sequence in stored if event.takers and sequence not in bodies]
    _have_composed(connection, created_at, later, [(each.sequence, each.id) for each in made])
    attempts.add_first(connection, list(begun.values()))


def _have_composed(
    connection: Connection, created_at: int, later: Sequence[tuple[_NewEvent, int]], ids: Sequence[tuple[object, str]]
) -> None:
    """Makes compositions of events that have no body yet, and tells their commands which of them they have composed.

    `ids` are those of all deliveries, with the numbers of their events.
    """
    due = {
        sequence: created_at if any(not taker.is_held for taker in event.takers) else None for event, sequence in later
    }
    own = {sequence: event for event, sequence in later if due[sequence] is not None and event.is_composed_here()}
    claimed = {job.key: job for job in compositions.add(connection, due, own=own.keys())}
    for sequence, event in own.items():
        job = claimed.get(compositions.key_of(sequence, 0))
        if job is not None:
            of_event = [id_ for number, id_ in ids if number == sequence]
            event.command.waiting.append((event.waiting(sequence, of_event), job))


def _have_sent(connection: Connection, created_at: int, with_body: Sequence[_NewDelivery]) -> None:
    """Adds jobs for deliveries that have their body, as far as there is room, and tells their commands."""
    if not with_body:
        return
    sent: list[tuple[Publish, Sendable]] = []
    room = Room(with_body[0].event.command.room)  # all commands are of one process
    for delivery in with_body:
        command, taker = delivery.event.command, delivery.taker
        if taker.is_held:
            continue
        if room.take(taker.registration_id):
            job = command.begin.get(taker.registration_id) or Job(Kind.DELIVER, delivery.id, created_at)
            sent.append((command, Sendable(job, taker.registration_id, taker.client_id)))
        else:
            command.parked.add(taker.registration_id)
    claimed = set(jobs.add(connection, [sendable.job for _, sendable in sent], is_claimed=True))
    for command, sendable in sent:
        if sendable.job in claimed:
            command.sendable.append(sendable)


def _to_begin(at: int, wanted: Sequence[_NewDelivery], bodies: Mapping[int, bytes]) -> dict[str, Ready]:
    """Of the deliveries for which callers have turns those whose attempt may begin now, and tells their commands.

    They have their job, and are to be sent, as `attempts.begin` would find: this transaction has found the subscribers.
    """
    claimed = {sendable.job.key for each in wanted for sendable in each.event.command.sendable}
    begun = {}
    for each in wanted:
        taker, endpoint = each.taker, each.taker.endpoint
        may_be_sent = each.id in claimed and (taker.waits_until or 0) <= at
        if may_be_sent and endpoint is not None and endpoint.held_because is None:
            begun[each.id] = ready = each.ready(at, bodies[each.sequence], endpoint)
            each.event.command.begun.append(ready)
    return begun


def _event(row: Row[tuple[object, ...]]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        code=row.event,
        sequence=row.sequence,
        time=moment(row.created_at),
        state=EventState(row.state),
    )
