"""A port for a process that listens on it again and again."""

import random
import socket
from contextlib import suppress

_BELOW = 32_768  # from there on the kernel gives ports to connections, of other tests too, between two starts


def free_port() -> int:
    while True:
        port = random.randrange(20_000, _BELOW)  # noqa: S311  no secret
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
