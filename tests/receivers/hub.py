"""Receivers in a thread of their own, each on a port of its own."""

import asyncio
import contextlib
import socket
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass

from receivers.behaviours import BEHAVIOURS, Behaviour
from receivers.name_server import NameServer


@dataclass
class Receiver:
    """One that listens; `connections` counts who came."""

    port: int
    host: str = "127.0.0.1"
    connections: int = 0


class Hub:
    """Starts receivers and ends them all."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda *_: None)  # senders that leave are part of every test
        self._thread = threading.Thread(target=self._loop.run_forever, name="receivers")
        self._servers: list[asyncio.Server] = []
        self._transports: list[asyncio.BaseTransport] = []
        self._open: set[StreamWriter] = set()
        self._sockets: list[socket.socket] = []
        self._thread.start()

    def start(
        self, does: str | Behaviour, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> Receiver:
        """A receiver that does what `BEHAVIOURS` has under a name, or a behaviour of the test's own."""
        behaviour = BEHAVIOURS[does] if isinstance(does, str) else does
        return asyncio.run_coroutine_threadsafe(self._start(behaviour, tls, host, port), self._loop).result(10)

    def stop(self, port: int) -> None:
        """Nobody listens there any more."""

        async def stop() -> None:
            for server in self._servers:
                if server.sockets and server.sockets[0].getsockname()[1] == port:
                    server.close()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)

    def start_deaf(self) -> Receiver:
        """One that never accepts, and whose queue is full: a connection to it is not made and not refused."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        self._sockets.append(listener)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", port))
            self._sockets.append(filler)
        return Receiver(port)

    def start_name_server(self, names: dict[str, list[list[str]]], *dead: str) -> NameServer:
        """A name server on a port of its own; it never answers for what is in `dead`, or directly below that."""
        server = NameServer(names, frozenset(dead))

        async def start() -> None:
            transport, _ = await self._loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
            self._transports.append(transport)

        asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        return server

    def close(self) -> None:
        """Ends all."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for sock in self._sockets:
            sock.close()

    async def _start(self, behaviour: Behaviour, tls: ssl.SSLContext | None, host: str, port: int) -> Receiver:
        receiver = Receiver(0, host)

        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            receiver.connections += 1
            self._open.add(writer)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
                try:
                    await behaviour(reader, writer)
                finally:
                    writer.close()
                    await writer.wait_closed()
                    self._open.discard(writer)

        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sock.family is socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            sock.bind((host, port))
        except OSError:
            sock.close()
            raise
        server = await asyncio.start_server(serve, sock=sock, ssl=tls, limit=1 << 22, backlog=1024)
        self._servers.append(server)
        receiver.port = server.sockets[0].getsockname()[1]
        return receiver

    async def _end(self) -> None:
        for listening in [sock for server in self._servers for sock in server.sockets]:
            self._loop.remove_reader(listening)
        for _ in range(5):
            await asyncio.sleep(0)  # what was accepted just now gets its task; a closed server would leave it open
        for server in self._servers:
            server.close()
        for transport in self._transports:
            transport.close()
        for writer in self._open:
            writer.transport.abort()  # a receiver that was not listened to would wait until all is sent
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
