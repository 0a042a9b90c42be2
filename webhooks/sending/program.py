"""The process that sends: the other side of `process`, to whose socket its standard input leads.

It hears no signal but SIGKILL: the service that started it decides when what is under way has ended. It ends when that
service does.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvloop
from msgspec.json import encode

from webhooks.sending.curl import CurlSender
from webhooks.sending.frames import Frames, Options, Order, Report, read_options

GAVE_UP: Final = 3
"""Its exit status where it ended because one call of libcurl did not."""

_PR_SET_PDEATHSIG: Final = 1  # of linux/prctl.h
_log = logging.getLogger(__name__)


class _Sending:
    """Sends what is ordered, until the other side is gone."""

    def __init__(self, options: Options) -> None:
        self._sender = CurlSender(
            deadline=options.deadline,
            trusted=Path(options.trusted),
            user_agent=options.user_agent,
            name_servers=options.name_servers,
            give_up=_give_up,
        )
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._over = asyncio.Event()
        self._frames = Frames(Order, self._take, self._over.set)

    async def run(self, connection: socket.socket) -> None:
        """Takes orders on the socket and sends them, until the other side has closed it."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self._frames, sock=connection)
        self._frames.flush()  # tells that it is ready
        await self._over.wait()
        await self._sender.close()

    def _take(self, orders: list[Order]) -> None:
        loop = asyncio.get_running_loop()
        for order in orders:
            if order.request is not None:
                self._tasks[order.number] = loop.create_task(self._send(order))
            elif (task := self._tasks.get(order.number)) is not None:
                task.cancel()

    async def _send(self, order: Order) -> None:
        outcome = None
        try:
            if order.request is not None:
                outcome = await self._sender.send(order.request)
        except Exception:
            _log.exception("a request could not be sent")
        finally:
            del self._tasks[order.number]
        self._frames.tell(Report(order.number, outcome))


def _give_up(origins: frozenset[str]) -> None:
    """Ends the process from within another thread: nothing else ends a call of libcurl. Standard output has who is to
    blame, where that is known."""
    os.write(1, encode(sorted(origins)))
    os._exit(GAVE_UP)


def main() -> None:
    """Sends until its standard input is closed."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError, AttributeError):  # where there is no such call, the end of the socket has to do
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    connection = socket.socket(fileno=os.dup(0))
    with suppress(EOFError, ConnectionResetError):
        options = read_options(connection)
        connection.setblocking(False)
        gc.freeze()
        uvloop.run(_start(options, connection))


async def _start(options: Options, connection: socket.socket) -> None:
    await _Sending(options).run(connection)


if __name__ == "__main__":
    main()
