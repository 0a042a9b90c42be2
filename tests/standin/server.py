"""The listener: a thread for each client, and one that looks for clients that cancel."""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from contextlib import suppress
from typing import Final

from pysqlbridge.certificate import Certificate
from pysqlbridge.tds.packet import TdsProtocolError
from pysqlbridge.tds.tls import TlsError
from standin.hub import Hub
from standin.session import Session

_log: Final = logging.getLogger(__name__)
_PATIENCE: Final = 0.02  # seconds after which a query is worth a look whether its client still waits for it


class Client:
    """One connection: its socket, and since when it has been working on a message."""

    def __init__(self, connection: socket.socket, session: Session) -> None:
        self.connection = connection
        self.session = session
        self.busy_since: float | None = None

    def serve(self) -> None:
        """Answer until either side ends the connection."""
        session, connection = self.session, self.connection
        try:
            while data := connection.recv(65_536):
                self.busy_since = time.monotonic()
                responses = session.receive(data)
                self.busy_since = None
                if responses:
                    connection.sendall(b"".join(responses))
                if session.is_dropped:
                    break
        except (OSError, TlsError, TdsProtocolError) as error:
            _log.debug("a connection ended: %s", error)
        finally:
            self.busy_since = None
            self.drop()
            session.executor.close()

    def drop(self) -> None:
        """End the connection; the thread that serves it finds out."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()


class Server:
    """Listens on a loopback port."""

    def __init__(self, hub: Hub, certificate: Certificate, port: int) -> None:
        self.hub = hub
        self._certificate = certificate
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._clients: set[Client] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Accept clients from now on."""
        for work in (self._accept, self._watch):
            threading.Thread(target=work, daemon=True).start()

    def sessions(self) -> list[Session]:
        """Those that are open now."""
        with self._lock:
            return [client.session for client in self._clients]

    def drop_all(self) -> None:
        """End every connection, as a server that stops does."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.drop()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        client = Client(connection, Session(self.hub, self._certificate))
        with self._lock:
            self._clients.add(client)
        try:
            client.serve()
        finally:
            with self._lock:
                self._clients.discard(client)

    def _watch(self) -> None:
        """Without MARS a client that sends anything while it waits for an answer cancels, or is gone."""
        while True:
            time.sleep(_PATIENCE)
            before = time.monotonic() - _PATIENCE
            with self._lock:
                busy = [client for client in self._clients if (client.busy_since or before) < before]
            for client in busy:
                with suppress(OSError, ValueError):
                    if select.select([client.connection], [], [], 0)[0]:
                        client.session.executor.cancel()
