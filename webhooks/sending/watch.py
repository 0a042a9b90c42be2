"""Ends connections that keep the event loop within libcurl.

OpenSSL reads on for as long as records come that are no data, such as HelloRequests or session tickets: one call into
libcurl then lasts for as long as the receiver sends them. libcurl lets other threads run meanwhile, and a connection
that another thread shuts down ends that call.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable

_LOOK_SECONDS = 0.005
_MOST_BYTES = 32_768
"""What a receiver may be read of in one call: libcurl takes 16 KiB of an answer, and a socket holds 8 KiB more."""
_BYTES_RECEIVED = struct.Struct("128xQ")  # tcpi_bytes_received in struct tcp_info of linux/tcp.h


class Watch:
    """Looks after the calls of one loop by a thread of its own, which sleeps while there are none.

    `sockets` gives the descriptors of the connections at that moment.
    """

    def __init__(self, sockets: Callable[[], Iterable[int]]) -> None:
        self._sockets = sockets
        self._calls = 0  # odd while the loop is within libcurl
        self._wakes = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="watch over transfers", daemon=True)
        self._thread.start()

    def __enter__(self) -> None:
        self._calls += 1
        if not self._wakes.is_set():
            self._wakes.set()

    def __exit__(self, *_: object) -> None:
        self._calls += 1

    def close(self) -> None:
        """Ends the thread."""
        self._is_closed = True
        self._wakes.set()
        self._thread.join()

    def _run(self) -> None:
        seen, before = 0, dict[int, int]()
        pause = threading.Event()
        while not self._is_closed:
            calls = self._calls
            if calls == seen and calls % 2 == 0:
                self._wakes.clear()
                if calls == self._calls:
                    self._wakes.wait()
            elif calls != seen:
                seen, before = calls, {}
            elif not before:
                before = _received(self._sockets())
            else:
                self._end_floods(before, calls)
            pause.wait(_LOOK_SECONDS)

    def _end_floods(self, before: dict[int, int], calls: int) -> None:
        for fd, received in _received(before).items():
            if received - before[fd] > _MOST_BYTES and self._calls == calls:
                _shut_down(fd)


def _received(descriptors: Iterable[int]) -> dict[int, int]:
    found = {}
    for fd in descriptors:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as own:
            (found[fd],) = _BYTES_RECEIVED.unpack(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136))
    return found


def _shut_down(fd: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(fd)) as own:
        own.shutdown(socket.SHUT_RDWR)
