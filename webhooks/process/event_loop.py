"""The event loop of a process that serves or works, the signals that it hears and the error that ends it."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from webhooks.errors import ServiceError


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What `asyncio.Runner` makes its loop by; None for its own."""
    try:
        import uvloop  # noqa: PLC0415  not for every platform
    except ImportError:
        return None
    return uvloop.new_event_loop


def put_off_reload() -> None:
    """Has a SIGHUP wait for `hear_signals`: while a process starts it would end it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def hear_signals(stop: Callable[[], object], reload: Callable[[], object]) -> None:
    """SIGTERM and SIGINT stop what runs in this loop, SIGHUP has it read its files again."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    loop.add_signal_handler(signal.SIGHUP, reload)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


def spare_what_is_loaded() -> None:
    """Has the garbage collector leave alone what there is now, all of which stays: a look at it takes 50 ms."""
    gc.freeze()


class Listener(Protocol):
    """What answers on a socket until it is stopped."""

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Until it is stopped and has answered the last."""

    def stop(self) -> None:
        """Takes nothing more."""


async def serve_beside(work: Awaitable[None], servers: Mapping[socket.socket, Listener]) -> None:
    """Answers on the sockets, and works, until both have ended. Raises what `work` raises, once they have answered."""
    failures: list[Exception] = []

    async def guarded() -> None:
        """Works. Stops the servers if it fails, and notes the failure."""
        try:
            await work
        except Exception as error:
            failures.append(error)
            for each in servers.values():
                each.stop()

    with _one_error():
        async with asyncio.TaskGroup() as group:
            for listening, each in servers.items():
                group.create_task(each.serve([listening]))
            group.create_task(guarded())
        for error in failures:
            raise error


@contextmanager
def _one_error() -> Iterator[None]:
    """Raises the ServiceError among a task group's errors as itself, for whoever reports it."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group.subgroup(ServiceError) or group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
    else:
        return
    raise error from None
