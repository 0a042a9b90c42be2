"""Registrations in the store. Every function takes a client, and sees the rows of that client only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from webhooks.errors import NotFoundError, RefusedError
from webhooks.model import Method, Registration
from webhooks.store import holding
from webhooks.store.clock import now
from webhooks.store.holding import Resumed
from webhooks.store.kept import tell_changed
from webhooks.store.statement import Prepared
from webhooks.store.tables import CLIENTS, DELIVERIES, EVENTS, REGISTERED_EVENTS, REGISTRATIONS, REMOVALS

MOST_URLS = 100
"""How many URLs a client may have."""

PREVIOUS_KEY_MICROSECONDS = 24 * 3600 * 1_000_000
"""Microseconds for which a signing key goes on signing after it was rotated."""

_EVERY = Prepared(
    select(
        REGISTRATIONS.c.url,
        REGISTRATIONS.c.method,
        REGISTRATIONS.c.is_paused,
        REGISTRATIONS.c.disabled_reason,
        REGISTERED_EVENTS.c.event,
    )
    .join(REGISTERED_EVENTS, REGISTERED_EVENTS.c.registration_id == REGISTRATIONS.c.id)
    .where(REGISTRATIONS.c.client_id == bindparam("client_id"))
    .order_by(REGISTRATIONS.c.id, REGISTERED_EVENTS.c.id)
)
_METHODS = {method.value: method for method in Method}


def put(
    connection: Connection, client_id: str, url: str, events: Sequence[str], changes: dict[str, object]
) -> Registration:
    """Registers the URL if it is not yet registered, adds the events to it, and sets the columns in `changes`.

    Raises RefusedError if the client has too many URLs.
    """
    # On PostgreSQL another process may write at the same time: this lock makes it wait until the COMMIT.
    connection.execute(select(CLIENTS.c.id).where(CLIENTS.c.id == client_id).with_for_update())
    row = _find(connection, client_id, url)
    if row is None:
        count = connection.scalar(select(func.count()).where(REGISTRATIONS.c.client_id == client_id)) or 0
        if count >= MOST_URLS:
            raise RefusedError(f"At most {MOST_URLS} URLs can be registered. Remove one that is not used any more.")
        values = {"client_id": client_id, "url": url, "method": Method.POST, "created_at": now(), **changes}
        connection.execute(insert(REGISTRATIONS).values({**_new_id(connection), **values}))
    elif changes:
        connection.execute(update(REGISTRATIONS).where(REGISTRATIONS.c.id == row.id).values(changes))
    row = existing(connection, client_id, url)
    known = _events(connection, row.id)
    added = [event for event in dict.fromkeys(events) if event not in known]
    if added:
        connection.execute(insert(REGISTERED_EVENTS), [{"registration_id": row.id, "event": event} for event in added])
    tell_changed(connection)
    return _registration(row, (*known, *added))


def _new_id(connection: Connection) -> dict[str, object]:
    """On SQLite, an id that no registration had before; SQLite itself would use a removed one's id again.

    A request to a removed URL may still be under way, and deliveries keep the id of the one that they were for.
    """
    if connection.dialect.name != "sqlite":
        return {}
    known = (
        connection.scalar(select(func.max(column))) for column in (REGISTRATIONS.c.id, DELIVERIES.c.registration_id)
    )
    return {"id": max(now(), *((id_ or 0) + 1 for id_ in known))}


def every(connection: Connection, client_id: str) -> list[Registration]:
    """The client's registrations, in the order in which their URLs were registered."""
    found: dict[str, tuple[str, bool, str | None, list[str]]] = {}
    for url, method, is_paused, disabled_reason, event in _EVERY.run(connection, client_id=client_id):
        found.setdefault(url, (method, bool(is_paused), disabled_reason, []))[3].append(event)
    return [
        Registration(url=url, events=tuple(events), method=_METHODS[method], is_paused=paused, disabled_reason=reason)
        for url, (method, paused, reason, events) in found.items()
    ]


def remove(connection: Connection, client_id: str, url: str, events: Sequence[str] | None) -> None:
    """Removes events from the URL, and the URL with its last event. Removes the whole URL if `events` is None.

    What was not sent yet is cancelled by that; it is written after the first part. Raises NotFoundError, and
    removes nothing, if the URL or one of the events is not registered.
    """
    row = existing(connection, client_id, url)
    known = _events(connection, row.id)
    unknown = [event for event in events or () if event not in known]
    if unknown:
        raise NotFoundError(f"Not registered for this URL: {', '.join(unknown)}.")
    gone = known if events is None else list(dict.fromkeys(events))
    is_whole = set(known) == set(gone)
    # Whoever publishes locks the registration before its event gets a number.
    through = connection.scalar(select(func.max(EVENTS.c.sequence))) or 0
    removed: list[str | None] = [None] if is_whole else list(gone)
    values = [{"registration_id": row.id, "event": event, "through": through} for event in removed]
    connection.execute(insert(REMOVALS), values)
    if is_whole:
        connection.execute(delete(REGISTRATIONS).where(REGISTRATIONS.c.id == row.id))
    else:
        of_them = REGISTERED_EVENTS.c.registration_id == row.id, REGISTERED_EVENTS.c.event.in_(gone)
        connection.execute(delete(REGISTERED_EVENTS).where(*of_them))
    tell_changed(connection)
    for removal in holding.removals(connection):
        if removal.registration_id == row.id:
            holding.cancel(connection, removal, holding.Place())


def set_paused(connection: Connection, client_id: str, url: str, *, is_paused: bool) -> Registration:
    """Pauses the endpoint, so its deliveries are held; or resumes it, so they are due now, retries as well.

    Resuming also enables a disabled endpoint, but a wait that it asked for by Retry-After stays. What was to be sent
    later is due once it is settled. Raises NotFoundError.
    """
    row, at = existing(connection, client_id, url), now()
    changes: dict[str, object] = {"is_paused": is_paused}
    if is_paused:
        changes["held_since"] = at if row.held_since is None else row.held_since
    else:  # its failures until now no longer count
        changes |= {"disabled_reason": None, "failing_since": None, "held_since": None, "resumed_at": at}
    connection.execute(update(REGISTRATIONS).where(REGISTRATIONS.c.id == row.id).values(changes))
    tell_changed(connection)
    if not is_paused and not connection.scalar(select(CLIENTS.c.is_disabled).where(CLIENTS.c.id == client_id)):
        holding.resume(connection, Resumed(row.id, at))
    return _registration(existing(connection, client_id, url), _events(connection, row.id))


def rotate_signing_key(connection: Connection, client_id: str, url: str, encrypted: bytes) -> None:
    """Sets a new signing key. The old one goes on signing for PREVIOUS_KEY_MICROSECONDS. Raises NotFoundError."""
    row = existing(connection, client_id, url)
    changes = {
        "signing_key": encrypted,
        "previous_signing_key": row.signing_key,
        "previous_key_until": None if row.signing_key is None else now() + PREVIOUS_KEY_MICROSECONDS,
    }
    connection.execute(update(REGISTRATIONS).where(REGISTRATIONS.c.id == row.id).values(changes))


def row_name(client_id: str, url: str) -> str:
    """The row's name, which encryption binds to what is encrypted in it (associated data)."""
    return f"registration {client_id} {url}"


def _find(connection: Connection, client_id: str, url: str) -> Row[tuple[object, ...]] | None:
    query = select(REGISTRATIONS).where(REGISTRATIONS.c.client_id == client_id, REGISTRATIONS.c.url == url)
    return connection.execute(query.with_for_update()).one_or_none()


def existing(connection: Connection, client_id: str, url: str) -> Row[tuple[object, ...]]:
    """The row of a URL. Raises NotFoundError."""
    row = _find(connection, client_id, url)
    if row is None:
        raise NotFoundError("This URL is not registered. URLs are compared byte for byte.")
    return row


def _events(connection: Connection, registration_id: int) -> list[str]:
    query = select(REGISTERED_EVENTS.c.event).where(REGISTERED_EVENTS.c.registration_id == registration_id)
    return list(connection.scalars(query.order_by(REGISTERED_EVENTS.c.id)))


def _registration(row: Row[tuple[object, ...]], events: Sequence[str]) -> Registration:
    return Registration(
        url=row.url,
        events=tuple(events),
        method=Method(row.method),
        is_paused=row.is_paused,
        disabled_reason=row.disabled_reason,
    )
