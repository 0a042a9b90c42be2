"""Listening sockets, and the servers behind them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from webhooks.api.protocol import BoundedProtocol
from webhooks.errors import SettingsError

LOOPBACK: Final = "127.0.0.1"
_DRAIN: Final = 8  # seconds that requests under way have to end
_KEPT: Final = 75  # seconds for which an idle connection is kept: a client that asks as it is closed meets an error


class Server(uvicorn.Server):
    """Leaves the signals to the process, which ends all its servers by them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def server(app: Any) -> Server:
    """A server of an ASGI application, for its `serve`."""
    return Server(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # who is believed is our own setting
            server_header=False,
            timeout_graceful_shutdown=_DRAIN,
            timeout_keep_alive=_KEPT,
        )
    )


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
