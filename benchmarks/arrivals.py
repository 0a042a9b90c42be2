"""A receiver in the measuring process' own loop, which says when each request arrived."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def arrivals(listening: socket.socket) -> AsyncIterator[asyncio.Queue[float]]:
    """The times at which requests' heads arrived there, on `time.perf_counter`; each is answered 204 at once."""
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                arrived.put_nowait(time.perf_counter())
                await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    # Not `async with server`: since Python 3.12 that waits for the connections, which a sender keeps for the next.
    with contextlib.closing(await asyncio.start_server(answer, sock=listening.dup())):
        yield arrived
