"""Runs a service: both its ports, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from engine.catalogue import Catalogue
from webhooks.addresses import Proxies
from webhooks.api.administration import build_administration
from webhooks.api.app import build_app
from webhooks.api.protocol import BoundedProtocol
from webhooks.errors import SettingsError
from webhooks.keys import Keyring
from webhooks.service import Service
from webhooks.settings import Settings
from webhooks.store.store import Store
from webhooks.tokens import Tokens

_LOOPBACK = "127.0.0.1"
_DRAIN = 10  # seconds that requests under way have to end


class _Server(uvicorn.Server):
    """Leaves the signals to `run`, which ends both servers by them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


def run(settings: Settings, tell: Callable[[str], object]) -> None:
    """Serves until SIGTERM or SIGINT, then lets the requests under way end. `tell` gets lines for a person.

    Raises SettingsError and StoreError where the service cannot start.
    """
    is_new = not settings.key_file.exists()
    settings.prepare_folder()
    keyring = Keyring.open(settings.key_file)
    proxies = Proxies(settings.trusted_proxies)
    with (
        _listen(settings.host, settings.port) as public,
        _listen(_LOOPBACK, settings.admin_port) as administering,
        Store(settings.store_url) as store,
    ):
        service = Service(
            store, keyring, Tokens(keyring.token_key()), Catalogue.load(settings.events), settings.auth, proxies
        )
        tell(f"The API listens on http://{settings.host}:{public.getsockname()[1]}/v1/")
        tell(f"What administers listens on http://{_LOOPBACK}:{administering.getsockname()[1]}/")
        tell(f"Store and keys are in {settings.data}")
        if is_new:
            tell(f"Make a client: aptic-webhooks clients add NAME --data {settings.data}")
        servers = {public: _server(build_app(service)), administering: _server(build_administration(service))}
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(servers))


def _server(app: Any) -> _Server:
    return _Server(
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
        )
    )


async def _serve(servers: Mapping[socket.socket, _Server]) -> None:
    def stop() -> None:
        for server in servers.values():
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(*(server.serve([listening]) for listening, server in servers.items()))


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before anything else: whoever cannot have its port changes nothing."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(f"{host} port {port} cannot be listened on: {error.strerror}") from None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415  not for every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
