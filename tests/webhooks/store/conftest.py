"""A store of each kind. What is tested here holds for both."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from webhooks.model import Client, PublishedEvent, Scope
from webhooks.security.credentials import new_guid
from webhooks.store import clients, registrations
from webhooks.store.store import Store

KINDS = ["sqlite", "postgresql"]


@pytest.fixture(scope="module", params=KINDS)
def store_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """The URL of a database for the tests of a module."""
    return new_database(request.param)


@pytest.fixture(scope="module")
def store(store_url: str) -> Iterator[Store]:
    """A store that the tests of a module share; each makes clients and URLs of its own."""
    with Store(store_url) as opened:
        yield opened


@pytest.fixture
def write(store: Store) -> Callable[..., Any]:
    """Runs a function of the store's modules with a connection first, and commits it."""

    def run(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return asyncio.run(store.write(lambda connection: function(connection, *arguments, **named)))

    return run


@pytest.fixture
def read(store: Store) -> Callable[..., Any]:
    """Runs a function of the store's modules with a connection that reads."""

    def run(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return store.read_now(lambda connection: function(connection, *arguments, **named))

    return run


@pytest.fixture
def new_client(write: Callable[..., Any]) -> Callable[..., Client]:
    """Makes a client."""
    return lambda **members: write(add_client, **members)


@pytest.fixture
def code() -> str:
    """An event code that no other test has."""
    return f"event_{uuid4().hex}"


def add_client(connection: Connection, **members: Any) -> Client:
    given = {"id": new_guid(), "name": f"client {uuid4()}", "scopes": frozenset({Scope.WEBHOOKS}), **members}
    client = Client(**given)
    hashes = {"secret_hash": uuid4().bytes, "api_key_hash": uuid4().bytes}
    clients.add(connection, client, **hashes)
    return client


@pytest.fixture
def register(write: Callable[..., Any]) -> Callable[..., Any]:
    """Registers a URL for event codes."""

    def run(client: Client, url: str, *codes: str, **changes: object) -> Any:
        return write(registrations.put, client.id, url, codes, changes)

    return run


@pytest.fixture
def published() -> Callable[..., PublishedEvent]:
    """An event to publish."""
    return lambda code, id_=None, **arguments: PublishedEvent(code=code, arguments=arguments, id=id_)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the service makes it."""
    made = tmp_path / "data"
    made.mkdir(0o700)
    return made
