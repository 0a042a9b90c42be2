"""Clients in the store."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.json import decode, encode
from sqlalchemy import Connection, Row, insert, select, update

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import Client, Scope
from webhooks.store.clock import now
from webhooks.store.tables import CLIENTS


def add(connection: Connection, client: Client, *, secret_hash: bytes, api_key_hash: bytes) -> None:
    """Raises ConflictError where another client has that name."""
    if by_name(connection, client.name) is not None:
        raise ConflictError(f"There is a client {client.name!r} already: rotate it, or choose another name.")
    connection.execute(
        insert(CLIENTS).values(
            id=client.id,
            name=client.name,
            secret_hash=secret_hash,
            api_key_hash=api_key_hash,
            scopes=_text(sorted(client.scopes)),
            only=_text(client.only),
            networks=_text(client.networks),
            ports=_text(client.ports),
            url_patterns=_text(client.url_patterns),
            created_at=now(),
        )
    )


def rotate(connection: Connection, name: str, *, secret_hash: bytes, api_key_hash: bytes) -> Client:
    """Replaces both credentials. Raises NotFoundError."""
    client = _named(connection, name)
    values = {"secret_hash": secret_hash, "api_key_hash": api_key_hash}
    connection.execute(update(CLIENTS).where(CLIENTS.c.id == client.id).values(values))
    return client


def disable(connection: Connection, name: str) -> Client:
    """Its credentials and tokens are refused from now on. Raises NotFoundError."""
    client = _named(connection, name)
    connection.execute(update(CLIENTS).where(CLIENTS.c.id == client.id).values(is_disabled=True))
    return client


def every(connection: Connection) -> list[Client]:
    """All clients, by name."""
    return [_client(row) for row in connection.execute(select(CLIENTS).order_by(CLIENTS.c.name))]


def by_id(connection: Connection, client_id: str) -> Client | None:
    """The client with that id, as it is written."""
    row = connection.execute(select(CLIENTS).where(CLIENTS.c.id == client_id)).one_or_none()
    return None if row is None else _client(row)


def by_name(connection: Connection, name: str) -> Client | None:
    """The client with that name."""
    row = connection.execute(select(CLIENTS).where(CLIENTS.c.name == name)).one_or_none()
    return None if row is None else _client(row)


def by_api_key(connection: Connection, hashes: Sequence[bytes]) -> Client | None:
    """The client whose API key has one of these keyed hashes."""
    row = connection.execute(select(CLIENTS).where(CLIENTS.c.api_key_hash.in_(hashes))).one_or_none()
    return None if row is None else _client(row)


def secret_hash(connection: Connection, client_id: str) -> bytes | None:
    """The keyed hash of a client's secret."""
    found: bytes | None = connection.scalar(select(CLIENTS.c.secret_hash).where(CLIENTS.c.id == client_id))
    return found


def _named(connection: Connection, name: str) -> Client:
    client = by_name(connection, name)
    if client is None:
        known = ", ".join(other.name for other in every(connection)) or "none"
        raise NotFoundError(f"There is no client {name!r}. There are: {known}.")
    return client


def _text(value: object) -> str:
    return encode(value).decode()


def _client(row: Row[tuple[object, ...]]) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        scopes=frozenset(decode(row.scopes, type=list[Scope])),
        only=decode(row.only),
        networks=decode(row.networks, type=tuple[str, ...]),
        ports=decode(row.ports, type=tuple[int, ...]),
        url_patterns=decode(row.url_patterns, type=tuple[str, ...]),
        is_disabled=row.is_disabled,
    )
