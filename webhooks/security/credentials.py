"""Credentials of clients: the secret for OAuth2, and the API key."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
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
    """The GUID as `new_guid` writes it, since case does not count in GUIDs (RFC 9562, section 4).

    For a text that is no GUID it is empty, and so matches no client.
    """
    return guid.upper() if is_guid(guid) else ""


def new_credentials() -> Credentials:
    """A secret with 256 random bits, and an API key with 122: the guide says that it is a GUID."""
    return Credentials(secrets.token_urlsafe(32), new_guid())


def by_secret(connection: Connection, keyring: Keyring, client_id: str, secret: str) -> Client | None:
    """The client with that id and secret. It takes the same time if there is no client with that id."""
    id_ = canonical(client_id)
    stored = clients.secret_hash(connection, id_)
    is_right = keyring.recognises(stored or b"", secret)
    return _enabled(clients.by_id(connection, id_)) if is_right else None


def hashes_of(keyring: Keyring, api_key: str) -> tuple[bytes, ...]:
    """The keyed hashes, any of which may be the stored one. What compares them tells nothing about the stored key."""
    return keyring.fingerprints(canonical(api_key))


def by_api_key(connection: Connection, hashes: Sequence[bytes]) -> Client | None:
    """The client whose API key has one of these hashes."""
    return _enabled(clients.by_api_key(connection, hashes))


def _enabled(client: Client | None) -> Client | None:
    return None if client is None or client.is_disabled else client
