"""What a client shows to be let in: a secret for OAuth2, or an API key."""

from __future__ import annotations

import secrets
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from engine.guid import is_guid
from webhooks.model import Client
from webhooks.security.keys import Keyring
from webhooks.store import clients


class Credentials(Struct, frozen=True):
    """A client's new credentials, which are shown once and never again."""

    secret: str
    api_key: str

    def __repr__(self) -> str:
        return "Credentials(…)"


def new_guid() -> str:
    """A random GUID in upper case, as the guide prints its own; all its bits come from the system's generator."""
    return str(UUID(bytes=secrets.token_bytes(16), version=4)).upper()


def canonical(guid: str) -> str:
    """The GUID as `new_guid` writes it: case does not count in GUIDs (RFC 9562, section 4). What is none is no
    client's, and the same text for all of them."""
    return guid.upper() if is_guid(guid) else ""


def new_credentials() -> Credentials:
    """A secret of 256 random bits; an API key that is a GUID of 122, since the guide says so."""
    return Credentials(secrets.token_urlsafe(32), new_guid())


def by_secret(connection: Connection, keyring: Keyring, client_id: str, secret: str) -> Client | None:
    """The client with that id and secret; as slow where there is no such client."""
    id_ = canonical(client_id)
    stored = clients.secret_hash(connection, id_)
    is_right = keyring.recognises(stored or b"", secret)
    return _enabled(clients.by_id(connection, id_)) if is_right else None


def by_api_key(connection: Connection, keyring: Keyring, api_key: str) -> Client | None:
    """The client with that API key. What is compared is its keyed hash, of which nobody can guess a part."""
    return _enabled(clients.by_api_key(connection, keyring.fingerprints(canonical(api_key))))


def _enabled(client: Client | None) -> Client | None:
    return None if client is None or client.is_disabled else client
