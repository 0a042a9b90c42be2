"""Ends connections that keep the event loop within libcurl.

OpenSSL reads on for as long as records come that are no data, such as HelloRequests or session tickets: one call into
libcurl then lasts for as long as the receiver sends them. libcurl lets other threads run meanwhile, and a connection
that another thread shuts down ends that call. Where that does not help, only the end of the process does.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable

Peer = tuple[str, int]
"""An address, and a port."""

_LOOK_SECONDS = 0.005
_MOST_BYTES = 32_768
"""What a receiver may be read of in one call: libcurl takes 16 KiB of an answer, and a socket holds 8 KiB more."""
_MOST_SECONDS = 1.0
"""Of processor time for one call: other work on the machine takes none of that."""
_BYTES_RECEIVED = struct.Struct("128xQ")  # tcpi_bytes_received in struct tcp_info of linux/tcp.h


class Watch:
    """Looks after the calls of one loop by a thread of its own, which sleeps while there are none.

    To be made in the loop's thread. `sockets` gives the descriptors of the connections at that moment. `give_up` is
    called from the other thread where a call has taken a second of processor time: with the descriptor that it is
    about, or None.
    """

    def __init__(
        self, sockets: Callable[[], Iterable[int]], give_up: Callable[[int | None], object] = lambda _: None
    ) -> None:
        self._sockets = sockets
        self._give_up = give_up
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._begun = 0.0  # processor time of the loop's thread
        self._descriptor: int | None = None
        self.cut = set[Peer]()
        """Who is at the other end of connections that were ended."""
        self._calls = 0  # odd while the loop is within libcurl
        self._wakes = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="watch over transfers", daemon=True)
        self._thread.start()

    def over(self, descriptor: int) -> Watch:
        """For a call about one connection."""
        self._descriptor = descriptor
        return self

    def __enter__(self) -> None:
        self._calls += 1
        if not self._wakes.is_set():
            self._wakes.set()

    def __exit__(self, *_: object) -> None:
        self._calls += 1
        self._descriptor = None

    def close(self) -> None:
        """Ends the thread."""
        self._is_closed = True
        self._wakes.set()
        self._thread.join()

    def _run(self) -> None:
        seen = 0
        before: dict[int, int] | None = None
        pause = threading.Event()
        while not self._is_closed:
            calls = self._calls
            if calls == seen and calls % 2 == 0:
                self._wakes.clear()
                if calls == self._calls:
                    self._wakes.wait()
            elif calls != seen:
                seen, before = calls, None
                self._begun = time.clock_gettime(self._clock)
            elif before is None:
                before = _received(self._sockets())
            else:
                self._end_floods(before, calls)
                self._end_process(calls)
            pause.wait(_LOOK_SECONDS)

    def _end_floods(self, before: dict[int, int], calls: int) -> None:
        for fd, received in _received(before).items():
            if received - before[fd] > _MOST_BYTES and self._calls == calls:
                if (peer := peer_of(fd)) is not None:
                    self.cut.add(peer)
                _shut_down(fd)

    def _end_process(self, calls: int) -> None:
        descriptor = self._descriptor
        if time.clock_gettime(self._clock) - self._begun > _MOST_SECONDS and self._calls == calls:
            self._give_up(descriptor)


def _received(descriptors: Iterable[int]) -> dict[int, int]:
    found = {}
    for fd in descriptors:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as own:
            (found[fd],) = _BYTES_RECEIVED.unpack(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136))
    return found


def _shut_down(fd: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as own:
        own.shutdown(socket.SHUT_RDWR)


def peer_of(descriptor: int) -> Peer | None:
    """Where a connection leads to."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as own:
        host, port = own.getpeername()[:2]
        return host, port
    return None
