"""The application in this process, on a store of its own: for what needs to look inside."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from engine.catalogue import Catalogue
from webhooks.api.app import build_app, build_routes
from webhooks.api.service import Service
from webhooks.example_sends import TestSends
from webhooks.model import Client, Scope
from webhooks.proxies import Proxies
from webhooks.security.credentials import new_credentials, new_guid
from webhooks.security.keys import Keyring
from webhooks.security.throttle import Throttle
from webhooks.security.tokens import Tokens
from webhooks.settings import AuthMethod, Settings
from webhooks.store import clients
from webhooks.store.store import Store
from webhooks.store.tables import METADATA

CATALOGUE = Catalogue.load()


@dataclass(frozen=True)
class Caller:
    """A client of the service, with what it shows."""

    id: str
    secret: str
    api_key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-Key": self.api_key}


@dataclass
class InProcess:
    """A service, and the means to call it."""

    service: Service
    runner: asyncio.Runner
    address: str = "127.0.0.1"
    routes: Any = None
    _app: Any = field(init=False)

    def __post_init__(self) -> None:
        self.routes = build_routes(self.service)
        self._app = build_app(self.service)

    def add(self, *scopes: Scope, **settings: Any) -> Caller:
        made = new_credentials()
        found = frozenset(scopes or [Scope.WEBHOOKS])
        client = Client(id=new_guid(), name=new_guid(), scopes=found, **settings)
        fingerprint = self.service.keyring.fingerprint
        hashes = {"secret_hash": fingerprint(made.secret), "api_key_hash": fingerprint(made.api_key)}
        self.runner.run(self.service.store.write(lambda store: clients.add(store, client, **hashes)))
        return Caller(client.id, made.secret, made.api_key)

    def disable(self, caller: Caller) -> None:
        client = self.service.store.read_now(lambda store: clients.by_id(store, caller.id))
        assert client is not None
        self.runner.run(
            self.service.store.write(lambda store: clients.set_disabled(store, client.name, is_disabled=True))
        )

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=True, client=(self.address, 1234))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **options)

        return self.runner.run(ask())

    def content(self) -> dict[str, list[Any]]:
        """All that the store holds."""
        return {
            table.name: self.service.store.read_now(
                lambda store, table=table: list(map(tuple, store.execute(select(table))))
            )
            for table in METADATA.sorted_tables
        }


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def inside(
    request: pytest.FixtureRequest, new_database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InProcess]:
    keyring = Keyring([os.urandom(32)])
    with Store(new_database(request.param)) as store, asyncio.Runner() as runner:
        tokens = Tokens(keyring.token_key())
        proxies = Proxies(["10.0.0.0/8"])
        tests = TestSends(store, keyring, Settings(data=tmp_path_factory.mktemp("data")))
        still = Throttle(clock=lambda: 0.0)  # no wait ends while a busy machine runs the next step
        ways = frozenset(AuthMethod)
        yield InProcess(Service(store, keyring, tokens, CATALOGUE, ways, proxies, tests, True, throttle=still), runner)
