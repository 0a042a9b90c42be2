"""Runs a service: both its ports, until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import shlex
import socket
from collections.abc import Callable, Mapping
from functools import partial

from starlette.types import ASGIApp

from engine.catalogue import Catalogue
from engine.examples import load_examples
from webhooks.api.administration import build_administration
from webhooks.api.app import build_app
from webhooks.api.request_log import RequestLog
from webhooks.api.service import Service
from webhooks.composing.at_intake import BodiesAtIntake
from webhooks.composing.definitions import Definitions
from webhooks.example_sends import TestSends
from webhooks.examples import Examples
from webhooks.metrics import Metrics
from webhooks.process.delivering import Delivering, make_sender
from webhooks.process.event_loop import hear_signals, loop_factory, serve_beside, spare_what_is_loaded
from webhooks.process.listening import LOOPBACK, Server, listen, place
from webhooks.process.state import opened, sole_server
from webhooks.proxies import Proxies
from webhooks.security.tokens import Tokens
from webhooks.sending.process import ProcessSender
from webhooks.settings import Settings, is_there
from webhooks.store import clients
from webhooks.store.store import Store

BuildWindow = Callable[[Service, Settings, Definitions], ASGIApp]
"""Makes the pages of the administering port."""

_log = logging.getLogger(__name__)


def run(
    settings: Settings,
    tell: Callable[[str], object],
    build_window: BuildWindow,
    *,
    is_debug: bool = False,
) -> None:
    """Serves until SIGTERM or SIGINT, then lets the requests under way end. `tell` gets lines for a person.

    Raises SettingsError and StoreError where the service cannot start; `is_debug` logs each request.
    """
    proxies = Proxies(settings.trusted_proxies)
    catalogue = Catalogue.load(settings.events)
    is_new = settings.keys is None and not is_there(settings.key_path)
    with (
        listen(settings.host, settings.port) as public,
        listen(LOOPBACK, settings.admin_port) as administering,
        sole_server(settings),
        opened(settings, is_sole=True) as (store, keyring),
    ):
        _tell_of_store(settings, store, tell, is_new=is_new)
        examples = Examples(partial(load_examples, catalogue, settings.definitions))
        sender = make_sender(settings)
        tokens, tests = Tokens(keyring.token_key()), TestSends(store, keyring, settings, lambda _: sender)
        definitions, metrics = Definitions(catalogue, settings.load_options), Metrics()
        bodies = BodiesAtIntake(definitions, keyring, metrics)
        given = store, keyring, tokens, catalogue, settings.auth, proxies, tests, settings.allow_http, examples
        service = Service(*given, metrics=metrics, bodies=bodies, promised=lambda: definitions.promises)
        store.when_written(metrics.committed)
        api, window = build_app(service), build_window(service, settings, definitions)
        servers = {
            public: Server(RequestLog(api) if is_debug else api),
            administering: Server(build_administration(store, metrics, settings.window_hosts, window)),
        }

        def make_delivering() -> Delivering:
            """The composing and dispatching part, which must be made inside the event loop."""
            delivering = Delivering(settings, store, keyring, definitions, metrics, sender=sender)
            delivering.hear_of_intake(bodies)
            return delivering

        def ready() -> None:
            """Tells where the service listens."""
            _log.info("the service starts, with the API on %s", place(public))
            tell(f"What administers listens on http://{place(administering)}/")
            tell(f"The API listens on http://{place(public)}/v1/")

        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(service, servers, sender, make_delivering, ready))
        _log.info("the service has ended")


def _tell_of_store(settings: Settings, store: Store, tell: Callable[[str], object], *, is_new: bool) -> None:
    """Where the store and the keys are, and what is to be done first; `is_new` where the key was made just now."""
    tell(f"Store and keys are in {settings.data}")
    if is_new:
        tell(f"A new key is in {settings.key_path}: back it up, the store cannot be read without it")
    if not store.read_now(clients.every):
        tell(f"Make a client: aptic-webhooks clients add NAME{_data_option(settings)}")


def _data_option(settings: Settings) -> str:
    """What a command needs to find the same store; a URL may hold a password, and is not shown."""
    return f" --data {shlex.quote(str(settings.data))}{'' if settings.store is None else ' --store …'}"


async def _serve(
    service: Service,
    servers: Mapping[socket.socket, Server],
    sender: ProcessSender,
    make_delivering: Callable[[], Delivering],
    ready: Callable[[], None],
) -> None:
    """Calls `ready` once signals are heard: SIGTERM and SIGINT end it, SIGHUP has it read its files again."""
    sender.start()
    delivering = make_delivering()

    def stop() -> None:
        """Takes nothing more, and lets what is under way end."""
        _log.info("the service ends: it answers and sends what is under way")
        delivering.stop()
        for each in servers.values():
            each.stop()

    def reload() -> None:
        """Reads the definitions and their examples again."""
        delivering.reload()
        asyncio.get_running_loop().run_in_executor(None, service.examples.reload)

    hear_signals(stop, reload)
    spare_what_is_loaded()
    ready()
    following = asyncio.create_task(service.store.follow_changes())
    try:
        await serve_beside(delivering.run(), servers)
    finally:
        following.cancel()
        await sender.close()
