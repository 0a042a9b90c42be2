"""Listening sockets, and the servers behind them."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import suppress
from email.utils import formatdate
from typing import Any, Final

from webhooks.api.connection import READ_BYTES, Connection
from webhooks.api.exchange import Exchange
from webhooks.errors import SettingsError

LOOPBACK: Final = "127.0.0.1"
CONNECTIONS: Final = 1000
"""Connections that a server has at once. For one more, a stranger's is closed, the oldest; else the one of a client
that has been idle longest. Where each has a client's request under way, the new one is answered 503."""

_DRAIN_SECONDS: Final = 8.0
"""For requests under way to end, once the server is to stop."""

_FAREWELL_SECONDS: Final = 1.5
"""For what is answered then to arrive."""

_BACKLOG_CONNECTIONS: Final = 2048

_LOOP_TURNS: Final = 4
"""So often the event loop turns at most until an accepted socket has its connection, or an aborted one is closed."""


class Server:
    """Answers on listening sockets by an ASGI application, until it is stopped."""

    def __init__(self, app: Any, *, connections: int = CONNECTIONS, drain_seconds: float = _DRAIN_SECONDS) -> None:
        self.app = app
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.is_ending = False
        self._most, self._drain_seconds = connections, drain_seconds
        self._connections: set[Connection] = set()
        self._strangers: dict[Connection, None] = {}  # the oldest first, and some that have become clients' since
        self._idle: dict[Connection, None] = {}  # clients', the one that has been idle longest first
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped, self._emptied = asyncio.Event(), asyncio.Event()
        self._second, self._date = 0, b""

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Until `stop`, and then until what is under way has ended, or was told that it will not."""
        loop = asyncio.get_running_loop()
        listening = [
            await loop.create_server(lambda: Connection(self), sock=each, backlog=_BACKLOG_CONNECTIONS)
            for each in sockets
        ]
        try:
            await self._stopped.wait()
        finally:
            for each in listening:
                each.close()
        await _let_loop_turn()  # what was accepted just before becomes a connection
        self.is_ending = True
        for connection in list(self._connections):
            connection.shut_down()
        await self._wait_until_empty(self._drain_seconds)
        for task in self._tasks:
            task.cancel()
        await self._wait_until_empty(_FAREWELL_SECONDS)
        for connection in list(self._connections):
            connection.abort()
        await _let_loop_turn()  # or they would be left open where this was the loop's last task

    def stop(self) -> None:
        """Takes nothing more."""
        self._stopped.set()

    def date(self) -> bytes:
        """The time, as HTTP has it."""
        if (second := int(time.time())) != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True).encode()
        return self._date

    def enter(self, connection: Connection) -> bool:
        """Whether there is room for one more; makes some where it can."""
        if len(self._connections) >= self._most:
            if (dispensable := self._dispensable()) is None:
                return False
            self.leave(dispensable)
            dispensable.abort()
        self._connections.add(connection)
        self._strangers[connection] = None
        return True

    def leave(self, connection: Connection) -> None:
        """It is closed."""
        self._connections.discard(connection)
        self._strangers.pop(connection, None)
        self._idle.pop(connection, None)
        self._notice_end()

    def rest(self, connection: Connection, *, is_waiting: bool) -> None:
        """Whether it waits for a request's head."""
        if not is_waiting:
            self._idle.pop(connection, None)
        elif connection.is_known:
            self._strangers.pop(connection, None)
            self._idle[connection] = None

    def start(self, exchange: Exchange) -> None:
        """Has the application answer."""
        task = asyncio.get_running_loop().create_task(exchange.run(self.app))
        exchange.task = task
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _dispensable(self) -> Connection | None:
        """Strangers go first, whatever they do: they may have a request under way for as long as they like."""
        while self._strangers:
            oldest = next(iter(self._strangers))
            if not oldest.is_known:
                return oldest
            del self._strangers[oldest]  # a client's by now, with a request under way
        return next(iter(self._idle), None)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._notice_end()

    def _notice_end(self) -> None:
        if not self._connections and not self._tasks:
            self._emptied.set()

    async def _wait_until_empty(self, seconds: float) -> None:
        self._emptied.clear()
        self._notice_end()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._emptied.wait()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before anything else: whoever cannot have its port changes nothing."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        number = error.errno or 0  # negative where the name has no address
        reason = os.strerror(number) if number > 0 else "it is no address of this machine"
        raise SettingsError(f"the host {host}, port {port}, cannot be listened on: {reason}") from None


def place(listening: socket.socket) -> str:
    """Where it listens, as a URL has it."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _let_loop_turn() -> None:
    for _ in range(_LOOP_TURNS):
        await asyncio.sleep(0)
