"""Runs a worker, which composes and delivers beside other processes on the same store, until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from engine.catalogue import Catalogue
from webhooks.delivering import Delivering
from webhooks.errors import SettingsError
from webhooks.event_loop import hear_signals, loop_factory, one_error
from webhooks.keys import Keyring
from webhooks.metrics import Metrics
from webhooks.settings import Settings, is_there
from webhooks.state import opened
from webhooks.store.opening import parse
from webhooks.store.store import Store

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
    with opened(settings) as (store, keyring), asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_work(settings, store, keyring, catalogue, tell))
    _log.info("the worker has ended")


async def _work(
    settings: Settings, store: Store, keyring: Keyring, catalogue: Catalogue, tell: Callable[[str], object]
) -> None:
    delivering = Delivering(settings, store, keyring, catalogue, Metrics())

    def stop() -> None:
        _log.info("the worker ends: it sends what is under way")
        delivering.stop()

    hear_signals(stop, delivering.reload)
    _log.info("the worker starts")
    tell("The worker composes and delivers")
    with one_error():
        await delivering.run()
