"""Drives libcurl's transfers by the event loop.

pycurl's own AsyncCurlMulti does the same with a watcher in the loop for each socket, which takes 1.6 times the
processor's time of this one: here one epoll of our own holds all sockets, and the loop watches that.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import select
import socket
from collections.abc import Callable
from time import perf_counter
from typing import Any

import pycurl

from webhooks.sending.failures import Failure
from webhooks.sending.watch import Peer, Watch

_EVENTS_AT_ONCE = 8
_MOST_ENDED = 4096
_EARLY = 0.001
"""Seconds by which libcurl's own clock, which counts milliseconds, may be behind the loop's."""


class Ended:
    """Connections that ended while nobody used them, by their own addresses: libcurl looks for them once a second."""

    def __init__(self) -> None:
        self._addresses: set[tuple[str, int]] = set()

    def add(self, fd: int) -> None:
        """Remembers the connection of a descriptor."""
        if len(self._addresses) >= _MOST_ENDED:
            self._addresses.clear()
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as own:
            self._addresses.add(own.getsockname()[:2])

    def pop(self, address: str, port: int) -> bool:
        """Whether the connection from there has ended; it is told once."""
        try:
            self._addresses.remove((address, port))
        except KeyError:
            return False
        return True


class Transfers:
    """Transfers of one event loop. Make it while the loop runs.

    After `longest` seconds of reading and writing the loop has its turn, whatever still waits: others' sockets come
    first the next time. `give_up` is Watch's.
    """

    def __init__(
        self,
        kept_connections: int,
        longest: float,
        ended: Ended,
        give_up: Callable[[int | None], object] = lambda _: None,
    ) -> None:
        self._ended = ended
        self._longest = longest
        self._loop = asyncio.get_running_loop()
        self._pending: dict[Any, asyncio.Future[Failure | None]] = {}
        self._wanted: set[int] = set()  # sockets that libcurl waits for
        self._watched: dict[int, tuple[int, int]] = {}  # what the epoll was told of them, after how many were opened
        self._opened = 0
        self._epoll = select.epoll()
        self._loop.add_reader(self._epoll.fileno(), self._on_events)
        self._due_at: float | None = None
        self._wakes_at = math.inf
        self._timer: asyncio.Handle | None = None  # uvloop gives one without a time where that has come
        self._is_due_now = False
        self._watch_over = Watch(lambda: list(self._watched), give_up)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, kept_connections)

    def was_cut(self, peer: Peer | None) -> bool:
        """Whether a connection to it was ended since it was asked last, because what came had no end."""
        if peer is None or peer not in self._watch_over.cut:
            return False
        self._watch_over.cut.discard(peer)
        return True

    async def perform(self, easy: Any) -> Failure | None:
        """Does the transfer; gives how it failed. Once this ends, also by cancellation, `easy` can be used again."""
        future: asyncio.Future[Failure | None] = self._loop.create_future()
        self._pending[easy] = future
        self._multi.add_handle(easy)
        try:
            return await future
        finally:
            if self._pending.pop(easy, None) is not None:
                self._multi.remove_handle(easy)

    def close(self) -> None:
        """Ends all transfers, as if their tasks had been cancelled, and closes all connections."""
        for easy, future in self._pending.items():
            self._multi.remove_handle(easy)
            future.cancel()
        self._pending.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._epoll.fileno())
        with self._watch_over:
            self._multi.close()
        self._watch_over.close()
        self._epoll.close()

    def note_opened(self) -> None:
        """A socket is about to be opened: it may get the number of one that was closed, and so has left the epoll."""
        self._opened += 1

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        """The epoll keeps a connection that waits for its next request: to tell it of that takes two system calls."""
        if what == pycurl.POLL_REMOVE:
            self._wanted.discard(fd)
            return
        events = select.EPOLLIN if what & pycurl.POLL_IN else 0
        if what & pycurl.POLL_OUT:
            events |= select.EPOLLOUT
        self._wanted.add(fd)
        told = events, self._opened
        if self._watched.get(fd) != told:
            self._watch(fd, events)
            self._watched[fd] = told

    def _watch(self, fd: int, events: int) -> None:
        if fd in self._watched:
            try:
                self._epoll.modify(fd, events)
            except FileNotFoundError:
                self._epoll.register(fd, events)
        else:
            self._epoll.register(fd, events)

    def _forget(self, fd: int, events: int) -> None:
        """Something came that nobody waits for, such as the end of a connection: it is not to be used again.

        One that can only be written to is watched further, for its end.
        """
        if events == select.EPOLLOUT:
            with contextlib.suppress(OSError):
                self._watch(fd, select.EPOLLIN)
                self._watched[fd] = select.EPOLLIN, self._opened
            return
        self._watched.pop(fd, None)
        self._ended.add(fd)
        with contextlib.suppress(OSError):  # a socket that is closed has left the epoll
            self._epoll.unregister(fd)

    def _on_events(self) -> None:
        until = perf_counter() + self._longest
        is_more = True
        while is_more:
            ready = self._epoll.poll(0, _EVENTS_AT_ONCE)
            for fd, events in ready:
                if fd not in self._wanted:
                    self._forget(fd, events)
                    continue
                what = pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
                if events & ~select.EPOLLOUT:  # an error or an end is found by reading
                    what |= pycurl.CSELECT_IN
                with self._watch_over.over(fd):
                    self._multi.socket_action(fd, what)
            is_more = len(ready) == _EVENTS_AT_ONCE and perf_counter() < until
        self._settle()

    def _on_timer(self, milliseconds: int) -> None:
        """libcurl wants to be called so late, at once (0) or not at all (negative). It may be called from within it."""
        if milliseconds == 0:
            if not self._is_due_now:
                self._is_due_now = True
                self._loop.call_soon(self._act_now)
            return
        self._due_at = None if milliseconds < 0 else self._loop.time() + milliseconds / 1000
        # Deadlines move with every request: a timer that wakes too early is cheaper than one that is set anew.
        if self._due_at is not None and self._due_at < self._wakes_at:
            self._set_timer(self._due_at)

    def _set_timer(self, due_at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = due_at
        self._timer = self._loop.call_at(due_at, self._wake)

    def _wake(self) -> None:
        self._wakes_at, self._timer = math.inf, None
        if self._due_at is None:
            return
        if self._loop.time() < self._due_at - _EARLY:
            self._set_timer(self._due_at)
            return
        self._due_at = None
        self._act()

    def _act_now(self) -> None:
        self._is_due_now = False
        self._act()

    def _act(self) -> None:
        if not self._multi.closed:
            with self._watch_over:
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            self._settle()

    def _settle(self) -> None:
        """Hands over the transfers that have ended."""
        waiting = 1
        while waiting:
            waiting, succeeded, failed = self._multi.info_read()
            for easy in succeeded:
                self._end(easy, None)
            for easy, code, message in failed:
                number, verification = easy.getinfo(pycurl.OS_ERRNO), easy.getinfo(pycurl.SSL_VERIFYRESULT)
                self._end(easy, Failure(code, message, number, verification))

    def _end(self, easy: Any, failure: Failure | None) -> None:
        future = self._pending.pop(easy)
        self._multi.remove_handle(easy)
        if not future.done():
            future.set_result(failure)
