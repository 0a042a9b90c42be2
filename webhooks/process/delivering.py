"""Composes and sends what the store holds: the same for `serve` and for `worker`."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from contextlib import AsyncExitStack

from webhooks.composing.at_intake import BodiesAtIntake
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions
from webhooks.composing.reporting import Reporting
from webhooks.dispatch.dispatcher import Dispatcher
from webhooks.dispatch.judging import Judge, RetrySchedule
from webhooks.dispatch.request import Requests
from webhooks.dispatch.settling import Settling
from webhooks.dispatch.sweep import Sweep
from webhooks.dispatch.tallying import Tallying
from webhooks.dispatch.turns import Limits
from webhooks.example_sends import USER_AGENT, reach_of
from webhooks.housekeeping import Housekeeping
from webhooks.metrics import Metrics
from webhooks.queue.opening import open_queue
from webhooks.security.keys import Keyring
from webhooks.sending.descriptors import raise_limit
from webhooks.sending.interface import Sender
from webhooks.sending.process import ProcessSender
from webhooks.settings import Settings
from webhooks.store.store import Store

_log = logging.getLogger(__name__)


class Delivering:
    """Composing, the dispatcher and what looks after the store, of one process. To be made in its event loop.

    `sender` is closed by who made it, and `definitions` by this.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        keyring: Keyring,
        definitions: Definitions,
        metrics: Metrics,
        *,
        sender: Sender,
    ) -> None:
        self._queue = open_queue(store)
        self._definitions = definitions
        self._tallying = Tallying(store)
        self._reporting = Reporting(store, definitions)
        self._dispatcher = Dispatcher(
            store,
            self._queue,
            sender=sender,
            requests=Requests(keyring, reach_of(settings)),
            judge=Judge(keyring, RetrySchedule(settings.retry_schedule), metrics),
            limits=_limits(settings, store),
            tell=self._tallying.tell,
        )
        self._composing = Composing(
            store,
            self._queue,
            keyring,
            self._definitions,
            metrics=metrics,
            onward=self._dispatcher.write_and_send,
        )
        self._reloading: asyncio.Task[None] | None = None
        self._is_to_reload = False
        self._sweep = Sweep(store, self._dispatcher)
        self._settling = Settling(store, self._dispatcher)
        self._housekeeping = Housekeeping(store, keep_data=settings.keep_data, keep_attempts=settings.keep_attempts)

    async def run(self) -> None:
        """Runs until `stop`, then ends what is under way. Raises what makes it impossible to go on."""
        async with AsyncExitStack() as closing:  # each is closed, also where another cannot be
            closing.callback(self._definitions.close)
            closing.push_async_callback(self._queue.close)
            async with asyncio.TaskGroup() as group:
                beside = self._sweep, self._settling, self._housekeeping, self._tallying, self._reporting
                looking_after = [group.create_task(work.run()) for work in beside]
                working = [group.create_task(work.run()) for work in (self._composing, self._dispatcher)]
                await asyncio.wait(working)
                for task in looking_after:
                    task.cancel()
            await self._tallying.finish()

    def hear_of_intake(self, bodies: BodiesAtIntake) -> None:
        """Sends and composes what this process stores."""
        bodies.sending, bodies.composing = self._dispatcher, self._composing

    def stop(self) -> None:
        """Begins nothing any more."""
        self._dispatcher.stop()
        self._composing.stop()

    def reload(self) -> None:
        """Has the definitions read again; where they are being read already, once more after that."""
        self._is_to_reload = True
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.get_running_loop().create_task(self._reload())

    async def _reload(self) -> None:
        while self._is_to_reload:
            self._is_to_reload = False
            try:
                await self._composing.reload()
            except Exception:
                _log.exception("the definitions could not be read again")


def _limits(settings: Settings, store: Store) -> Limits:
    """Where others share the store, they are to get their part of what waits for one endpoint."""
    limits = Limits(endpoint=settings.endpoint_concurrency, rate=settings.endpoint_rate)
    if store.is_embedded:
        return limits
    words = "an endpoint gets up to %d requests at a time and %g a second from this process, and as many from others"
    _log.info(words, limits.endpoint, limits.rate)
    return dataclasses.replace(limits, kept=128)


def make_sender(settings: Settings) -> ProcessSender:
    """The sender of a process that serves or works. Raises SettingsError."""
    raise_limit()  # the process that sends takes it over
    return ProcessSender(deadline=settings.deadline, ca_bundle=settings.ca_bundle, user_agent=USER_AGENT)
