"""The floor of a delivery: a plain loop of the same statements on the same kind of store, which sends by libcurl.

It takes one group after the other. It has no turns, no retries, no deadlines, no second process, and it is alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO

import pycurl
from sqlalchemy import Connection, text

from benchmarks.backends import Backends
from engine.catalogue import Catalogue
from webhooks.composing.at_intake import BodiesAtIntake
from webhooks.composing.definitions import Definitions
from webhooks.dispatch.request import Requests
from webhooks.metrics import Metrics
from webhooks.model import Client, DeliveryState, PublishedEvent, Scope
from webhooks.security.keys import Keyring
from webhooks.sending.interface import Reach
from webhooks.store import attempts, clients, ended_attempts, events, registrations
from webhooks.store.attempts import Ready
from webhooks.store.clock import now
from webhooks.store.compositions import Addressed
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.results import Write
from webhooks.store.store import Store

_ARRAY = 1000
_GROUP = 64
_CLIENT = Client(id="ACME", name="acme", scopes=frozenset({Scope.WEBHOOKS}))


def plain_loop(store_url: str, url: str, count: int) -> float:
    """Processor seconds of a delivery in the plain loop, with its publishing; on PostgreSQL with its backends."""
    keyring, definitions = Keyring([bytes(32)]), Definitions(Catalogue.load())
    definitions.load()
    bodies = BodiesAtIntake(definitions, keyring, Metrics())
    bodies.sending = _Roomy()
    requests, data = Requests(keyring, Reach()), {"ledgeraccountid": "111927", "status": "PAID"}
    published = [PublishedEvent(code="statuschange", arguments=data)] * _ARRAY
    with Store(store_url) as store, contextlib.ExitStack() as closing:
        server = (
            closing.enter_context(contextlib.closing(Backends(store_url)))
            if store_url.startswith("postgresql")
            else None
        )
        send = _sender(url, requests)

        def register(connection: Connection) -> None:
            """The only client."""
            clients.add(connection, _CLIENT, secret_hash=b"1", api_key_hash=b"2")
            registrations.put(connection, _CLIENT.id, url, ("statuschange",), {})

        async def deliver(count: int) -> None:
            """All of them, one group after the other."""
            for _ in range(count // _ARRAY):
                await store.write(events.Publish("back end", published, bodies))
                keys = iter(store.read_now(_pending))
                while ids := list(itertools.islice(keys, _GROUP)):
                    begun = await store.write(partial(attempts.begin, ids=ids, at=now()))
                    await store.write(partial(ended_attempts.write, ended=send(begun)))

        async def measured() -> float:
            """Of as many as the service delivers."""
            await store.write(register)
            await deliver(1000)
            before = _own(server)
            await deliver(count)
            used = (_own(server) - before) / count
            assert store.read_now(_delivered_count) == count + _ARRAY
            return used

        return asyncio.run(measured())


class _Roomy:
    """Implements Sending: everything has a job, and is found by the loop itself."""

    async def write_and_send(self, to: Sequence[Addressed], at: int, write: Write) -> None:
        """Is not called: what is published here is written by the store itself."""
        raise NotImplementedError


def _pending(connection: Connection) -> Sequence[str]:
    return connection.scalars(text("SELECT id FROM delivery WHERE state = 'pending'")).all()


def _delivered_count(connection: Connection) -> int:
    return int(connection.scalar(text("SELECT count(*) FROM delivery WHERE state = 'delivered'")) or 0)


def _own(server: Backends | None) -> float:
    return time.process_time() + (0.0 if server is None else server.cpu())


def _sender(url: str, requests: Requests) -> Callable[[Sequence[Ready]], list[EndedAttempt]]:
    """Sends a group by libcurl's multi interface, as its examples do."""
    multi, handles = pycurl.CurlMulti(), []
    for _ in range(_GROUP):
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.WRITEFUNCTION, BytesIO().write)
        handles.append(handle)

    def send(begun: Sequence[Ready]) -> list[EndedAttempt]:
        """What came of them: all must succeed."""
        for ready, handle in zip(begun, handles, strict=False):
            request, _ = requests.make(ready)
            handle.setopt(pycurl.POSTFIELDS, request.body)
            headers = [f"{name}: {value}" for name, value in request.headers.items()]
            handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", *headers])
            multi.add_handle(handle)
        left = len(begun)
        while left:
            multi.perform()
            _, ended, failed = multi.info_read()
            assert not failed, failed
            for handle in ended:
                multi.remove_handle(handle)
            left -= len(ended)
            if not ended:
                multi.select(1.0)
        return [_delivered(ready) for ready in begun]

    return send


def _delivered(ready: Ready) -> EndedAttempt:
    return EndedAttempt(
        id=ready.id,
        attempt=ready.attempt,
        registration_id=ready.endpoint.id,
        state=DeliveryState.DELIVERED,
        reason=None,
        failures=0,
        at=now(),
        duration=1000,
        status=204,
    )
