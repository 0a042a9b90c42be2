"""Clients in the store. Credentials are kept as keyed hashes only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from msgspec.json import decode, encode
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, insert, select, union, update

from webhooks.errors import ConflictError, NotFoundError
from webhooks.model import KEY_NAME_BYTES, Client, Scope
from webhooks.store.clock import now
from webhooks.store.kept import tell_changed
from webhooks.store.statement import Prepared
from webhooks.store.tables import CLIENTS, REGISTRATIONS

_COLUMNS = select(
    CLIENTS.c.id,
    CLIENTS.c.name,
    CLIENTS.c.scopes,
    CLIENTS.c.only,
    CLIENTS.c.networks,
    CLIENTS.c.ports,
    CLIENTS.c.url_patterns,
    CLIENTS.c.is_disabled,
)
_BY_ID = Prepared(_COLUMNS.where(CLIENTS.c.id == bindparam("id")))
_BY_NAME = Prepared(_COLUMNS.where(CLIENTS.c.name == bindparam("name")))
_BY_API_KEY = Prepared(_COLUMNS.where(CLIENTS.c.api_key_hash == bindparam("hash")))
_SECRET_HASH = Prepared(select(CLIENTS.c.secret_hash).where(CLIENTS.c.id == bindparam("id")))
_SHAPES: Final = str.maketrans("01i|", "olll")  # casefold has made I an i, and I looks like l
_SEPARATORS: Final = re.compile(r"[\s._-]+")
_SCOPES = {scope.value: scope for scope in Scope}


def add(connection: Connection, client: Client, *, secret_hash: bytes, api_key_hash: bytes) -> None:
    """Adds a client. Raises ConflictError if another client has that name, or one that looks like it."""
    if by_name(connection, client.name) is not None:
        raise ConflictError(f"There is a client {client.name!r} already: rotate it, or choose another name.")
    look = _look(client.name)
    if alike := next((name for name in connection.scalars(select(CLIENTS.c.name)).all() if _look(name) == look), None):
        raise ConflictError(
            f"{client.name!r} looks like the client {alike!r}: choose a name that nobody mixes up with it."
        )
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
    client = named(connection, name)
    values = {"secret_hash": secret_hash, "api_key_hash": api_key_hash}
    connection.execute(update(CLIENTS).where(CLIENTS.c.id == client.id).values(values))
    tell_changed(connection)
    return client


def set_disabled(connection: Connection, name: str, *, is_disabled: bool) -> Client:
    """Disables or enables a client, and returns it as it is then.

    A disabled client's credentials and tokens are refused and its deliveries are held. Once it is enabled,
    they go on as after a resumption. Raises NotFoundError.
    """
    client = named(connection, name)
    at = now()
    since = func.coalesce(CLIENTS.c.disabled_at, at) if is_disabled else None
    changes = {"is_disabled": is_disabled, "disabled_at": since}
    connection.execute(update(CLIENTS).where(CLIENTS.c.id == client.id).values(changes))
    if not is_disabled:
        of_client = REGISTRATIONS.c.client_id == client.id
        connection.execute(update(REGISTRATIONS).where(of_client).values(resumed_at=at))
    tell_changed(connection)
    return replace(client, is_disabled=is_disabled)


def every(connection: Connection) -> list[Client]:
    """All clients, by name."""
    return [_client(tuple(row)) for row in connection.execute(_COLUMNS.order_by(CLIENTS.c.name))]


def by_id(connection: Connection, client_id: str) -> Client | None:
    """The client with exactly that id."""
    return _only(_BY_ID.run(connection, id=client_id))


def by_name(connection: Connection, name: str) -> Client | None:
    """The client with that name."""
    return _only(_BY_NAME.run(connection, name=name))


def by_api_key(connection: Connection, hashes: Iterable[bytes]) -> Client | None:
    """The client whose API key has one of these keyed hashes."""
    for hash_ in hashes:
        if found := _only(_BY_API_KEY.run(connection, hash=hash_)):
            return found
    return None


def secret_hash(connection: Connection, client_id: str) -> bytes | None:
    """The keyed hash of a client's secret."""
    rows = _SECRET_HASH.run(connection, id=client_id)
    return bytes(rows[0][0]) if rows else None


def key_names(connection: Connection) -> list[bytes]:
    """The names of the master keys that the store's credentials, secrets and signing keys were made with, each once."""
    columns = (CLIENTS.c.secret_hash, CLIENTS.c.api_key_hash, REGISTRATIONS.c.secret, REGISTRATIONS.c.signing_key)
    names = union(*(select(func.substr(column, 1, KEY_NAME_BYTES)).where(column.is_not(None)) for column in columns))
    return sorted(bytes(name) for (name,) in connection.execute(names))


def named(connection: Connection, name: str) -> Client:
    """The client with that name. Raises NotFoundError, which lists the clients that there are."""
    client = by_name(connection, name)
    if client is None:
        known = ", ".join(repr(other.name) for other in every(connection)) or "none"
        raise NotFoundError(f"There is no client {name!r}. There are: {known}.")
    return client


def _look(name: str) -> str:
    """A form that is the same for names that look alike.

    It ignores case, accents and the kind of separator, and takes letters and digits of one shape for one.
    """
    letters = (each for each in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(each))
    look = _SEPARATORS.sub("-", "".join(letters).translate(_SHAPES)).strip("-")
    return look.replace("rn", "m").replace("vv", "w")


def _text(value: object) -> str:
    return encode(value).decode()


def _only(rows: Sequence[Sequence[Any]]) -> Client | None:
    return _client(tuple(rows[0])) if rows else None


@lru_cache(1024)
def _client(row: tuple[Any, ...]) -> Client:
    id_, name, scopes, only, networks, ports, url_patterns, is_disabled = row
    return Client(
        id=id_,
        name=name,
        scopes=frozenset(_SCOPES[scope] for scope in decode(scopes)),
        only=decode(only),
        networks=tuple(decode(networks)),
        ports=tuple(decode(ports)),
        url_patterns=tuple(decode(url_patterns)),
        is_disabled=bool(is_disabled),
    )
