"""Runs a service: both its ports, until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any

import uvicorn

from engine.catalogue import Catalogue
from webhooks.addresses import Proxies
from webhooks.api.administration import build_administration
from webhooks.api.app import build_app
from webhooks.api.protocol import BoundedProtocol
from webhooks.api.request_log import RequestLog
from webhooks.delivering import Delivering
from webhooks.errors import SettingsError
from webhooks.event_loop import hear_signals, loop_factory, one_error
from webhooks.examples import Examples, load_examples
from webhooks.service import Service
from webhooks.settings import Settings, is_there
from webhooks.state import opened, sole_server
from webhooks.store import clients
from webhooks.testing import TestSends
from webhooks.tokens import Tokens

_LOOPBACK = "127.0.0.1"
_DRAIN = 8  # seconds that requests under way have to end

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Leaves the signals to `run`, which ends both servers by them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def run(settings: Settings, tell: Callable[[str], object], *, is_debug: bool = False) -> None:
    """Serves until SIGTERM or SIGINT, then lets the requests under way end. `tell` gets lines for a person.

    Raises SettingsError and StoreError where the service cannot start; `is_debug` logs each request.
    """
    proxies = Proxies(settings.trusted_proxies)
    catalogue = Catalogue.load(settings.events)
    is_new = settings.keys is None and not is_there(settings.key_path)
    with (
        _listen(settings.host, settings.port) as public,
        _listen(_LOOPBACK, settings.admin_port) as administering,
        sole_server(settings),
        opened(settings) as (store, keyring),
    ):
        tell(f"Store and keys are in {settings.data}")
        if is_new:
            tell(f"A new key is in {settings.key_path}: back it up, the store cannot be read without it")
        if not store.read_now(clients.every):
            tell(f"Make a client: aptic-webhooks clients add NAME{_data_option(settings)}")
        examples = Examples(partial(load_examples, catalogue, settings.definitions))
        tokens, tests = Tokens(keyring.token_key()), TestSends(store, keyring, settings)
        service = Service(store, keyring, tokens, catalogue, settings.auth, proxies, tests, examples)
        store.when_written(service.metrics.committed)
        api: Any = build_app(service)
        servers = {
            public: _server(RequestLog(api) if is_debug else api),
            administering: _server(build_administration(service)),
        }

        def make_delivering() -> Delivering:
            return Delivering(settings, store, keyring, catalogue, service.metrics)

        def ready() -> None:
            _log.info("the service starts, with the API on %s", _place(public))
            tell(f"What administers listens on http://{_place(administering)}/")
            tell(f"The API listens on http://{_place(public)}/v1/")

        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(service, servers, make_delivering, ready))
        _log.info("the service has ended")


def _place(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _data_option(settings: Settings) -> str:
    """What a command needs to find the same store; a URL may hold a password, and is not shown."""
    return f" --data {shlex.quote(str(settings.data))}{'' if settings.store is None else ' --store …'}"


def _server(app: Any) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # who is believed is our own setting
            server_header=False,
            timeout_graceful_shutdown=_DRAIN,
        )
    )


async def _serve(
    service: Service,
    servers: Mapping[socket.socket, _Server],
    make_delivering: Callable[[], Delivering],
    ready: Callable[[], None],
) -> None:
    """Calls `ready` once signals are heard: SIGTERM and SIGINT end it, SIGHUP has it read its files again."""
    delivering = make_delivering()

    def stop() -> None:
        _log.info("the service ends: it answers and sends what is under way")
        delivering.stop()
        for server in servers.values():
            server.should_exit = True

    def reload() -> None:
        delivering.reload()
        asyncio.get_running_loop().run_in_executor(None, service.examples.reload)

    hear_signals(stop, reload)
    ready()
    with one_error():
        async with AsyncExitStack() as closing, asyncio.TaskGroup() as group:
            closing.push_async_callback(service.tests.close)
            for listening, server in servers.items():
                group.create_task(server.serve([listening]))
            group.create_task(delivering.run())


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before anything else: whoever cannot have its port changes nothing."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        number = error.errno or 0  # negative where the name has no address
        reason = os.strerror(number) if number > 0 else "it is no address of this machine"
        raise SettingsError(f"the host {host}, port {port}, cannot be listened on: {reason}") from None
