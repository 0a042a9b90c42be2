"""A TCP proxy that adds a distance: each chunk arrives a fixed time later, however many are under way."""

from __future__ import annotations

import contextlib
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

_CHUNK = 65_536
_ROOM = 4_096  # chunks under way in one direction


@contextlib.contextmanager
def distant(host: str, port: int, seconds: float) -> Iterator[int]:
    """The local port through which `host` and `port` are `seconds` away in each direction.

    The proxy is a process of its own, so that it takes no time of the interpreter that is measured.
    """
    command = [sys.executable, "-m", "benchmarks.proxy", host, str(port), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def serve(host: str, port: int, seconds: float) -> None:
    """Serves on a free port, which it prints, until the process ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        near, _ = listener.accept()
        far = socket.create_connection((host, port))
        for source, target in ((near, far), (far, near)):
            target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(_ROOM)
            threading.Thread(target=_take, args=(source, under_way, seconds), daemon=True).start()
            threading.Thread(target=_give, args=(under_way, target), daemon=True).start()


def _take(source: socket.socket, under_way: queue.Queue[tuple[float, bytes]], seconds: float) -> None:
    chunk = b"\0"
    while chunk:
        try:
            chunk = source.recv(_CHUNK)
        except OSError:
            chunk = b""
        under_way.put((time.monotonic() + seconds, chunk))


def _give(under_way: queue.Queue[tuple[float, bytes]], target: socket.socket) -> None:
    while True:
        due, chunk = under_way.get()
        if (wait := due - time.monotonic()) > 0:
            time.sleep(wait)
        try:
            if not chunk:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(chunk)
        except OSError:
            return


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
