"""Runs a worker, which composes and delivers beside other processes on the same store, until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from engine.catalogue import Catalogue
from webhooks.composing.definitions import Definitions
from webhooks.errors import SettingsError
from webhooks.metrics import Metrics
from webhooks.process.delivering import Delivering, make_sender
from webhooks.process.event_loop import hear_signals, loop_factory, serve_beside, spare_what_is_loaded
from webhooks.process.state import opened
from webhooks.sending.process import ProcessSender
from webhooks.settings import Settings, is_there
from webhooks.store.opening import parse
from webhooks.store.store import Store

if TYPE_CHECKING:
    from webhooks.process.listening import Server

_log = logging.getLogger(__name__)


def work(settings: Settings, tell: Callable[[str], object]) -> None:
    """Works until SIGTERM or SIGINT, then ends what is under way; SIGHUP reads the definitions again.

    `tell` gets lines for a person. Raises SettingsError and StoreError where it cannot start.
    """
    if parse(settings.store_url).get_backend_name() == "sqlite":
        raise SettingsError(
            "a worker needs a store on PostgreSQL (--store): an embedded one has one process, which delivers by itself"
        )
    if settings.keys is None and not is_there(settings.key_path):
        raise SettingsError(
            f"there is no key file {settings.key_path}: give the worker the keys of the service that it works for"
        )
    catalogue = Catalogue.load(settings.events)
    metrics = Metrics()
    with opened(settings) as (store, keyring), asyncio.Runner(loop_factory=loop_factory()) as runner:
        store.when_written(metrics.committed)
        port, hosts = settings.metrics_port, settings.window_hosts
        servers = {} if port is None else _servers(port, hosts, store, metrics, tell)

        sender = make_sender(settings)

        def make_delivering() -> Delivering:
            """The composing and dispatching part, which must be made inside the event loop."""
            definitions = Definitions(catalogue, settings.load_options)
            return Delivering(settings, store, keyring, definitions, metrics, sender=sender)

        runner.run(_work(servers, sender, make_delivering, tell))
    _log.info("the worker has ended")


def _servers(
    port: int, hosts: Sequence[str], store: Store, metrics: Metrics, tell: Callable[[str], object]
) -> Mapping[socket.socket, Server]:
    from webhooks.api.administration import build_administration  # noqa: PLC0415  it takes memory, and few have it
    from webhooks.process.listening import LOOPBACK, Server, listen, place  # noqa: PLC0415

    listening = listen(LOOPBACK, port)
    tell(f"Its metrics are on http://{place(listening)}/metrics")
    return {listening: Server(build_administration(store, metrics, hosts))}


async def _work(
    servers: Mapping[socket.socket, Server],
    sender: ProcessSender,
    make_delivering: Callable[[], Delivering],
    tell: Callable[[str], object],
) -> None:
    sender.start()
    delivering = make_delivering()

    def stop() -> None:
        """Takes nothing more, and lets what is under way end."""
        _log.info("the worker ends: it sends what is under way")
        delivering.stop()
        for each in servers.values():
            each.stop()

    hear_signals(stop, delivering.reload)
    spare_what_is_loaded()
    _log.info("the worker starts")
    tell("The worker composes and delivers")
    try:
        await serve_beside(delivering.run(), servers)
    finally:
        await sender.close()
