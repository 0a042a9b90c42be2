"""The socket of a connection whose driver does not tell it, so that it can be cut where the server is silent.

By /proc, as on Linux; elsewhere none is found.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

_DESCRIPTORS: Final = "/proc/self/fd"


def open_sockets() -> Mapping[str, int]:
    """The descriptors of this process's sockets by the kernel's own name for each."""
    found: dict[str, int] = {}
    with suppress(OSError):
        for descriptor in os.listdir(_DESCRIPTORS):
            with suppress(OSError):  # closed meanwhile
                name = os.readlink(f"{_DESCRIPTORS}/{descriptor}")
                if name.startswith("socket:"):
                    found[name] = int(descriptor)
    return found


def connected_since(before: Mapping[str, int], port: int) -> tuple[str, int] | None:
    """The one socket that was connected to that port since `before`; None where there are more."""
    new = [(name, descriptor) for name, descriptor in open_sockets().items() if name not in before]
    found = [(name, descriptor) for name, descriptor in new if _peer_port(descriptor) == port]
    return found[0] if len(found) == 1 else None


def cut(name: str, descriptor: int) -> None:
    """End the connection, if the descriptor is still that socket's: whoever waits for an answer gets an error."""
    with suppress(OSError):
        if os.readlink(f"{_DESCRIPTORS}/{descriptor}") == name:
            with socket.socket(fileno=os.dup(descriptor)) as duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)


def _peer_port(descriptor: int) -> int | None:
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as duplicate:
        peer = duplicate.getpeername()
        return int(peer[1]) if isinstance(peer, tuple) else None
    return None
