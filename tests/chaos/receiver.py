"""A receiver that notes durably what it accepts, before it answers: the other half of "delivered means it has it".

By path: `/good` answers at once, `/slow` after 50 ms, `/flaky` refuses some, and accepts some without an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
from asyncio import StreamReader, StreamWriter
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

import uvloop

_ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"
_REFUSED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"


def main(words: list[str]) -> int:
    """Listens until it is killed. Words: port, file of the notes, seed of its moods."""
    port, notes, seed = words
    uvloop.run(_listen(int(port), Path(notes), random.Random(seed)))
    return 0


def noted(file: Path) -> dict[str, list[str]]:
    """What was accepted: the digests of the bodies by webhook-id."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in file.read_text("ascii").splitlines():
        id_, _, digest = line.partition(" ")
        if len(digest) == 64:  # or it was cut off by a kill, and so never answered
            found[id_].append(digest)
    return found


class _Notes:
    """Many notes share one fsync."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        if os.fstat(self._file).st_size:
            os.write(self._file, b"\n")  # after what a kill has cut off
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []

    async def note(self, line: bytes) -> None:
        """Returns once it is on disk."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._write)
        self._waiting.append((line, written))
        await written

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        content = b"".join(line for line, _ in waiting)
        assert os.write(self._file, content) == len(content)
        os.fsync(self._file)
        for _, written in waiting:
            if not written.done():
                written.set_result(None)


async def _listen(port: int, file: Path, moods: random.Random) -> None:
    notes = _Notes(file)

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while await _answer(reader, writer, notes, moods):
                pass

    listening = socket.create_server(("127.0.0.1", port), backlog=512)
    async with await asyncio.start_server(serve, sock=listening) as server:
        await server.serve_forever()


async def _answer(reader: StreamReader, writer: StreamWriter, notes: _Notes, moods: random.Random) -> bool:
    """One request; whether the connection stays open."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    path, mood = first.split()[1], moods.random()
    if path == "/flaky" and mood < 0.05:
        writer.write(_REFUSED)
        return True
    await notes.note(f"{headers['webhook-id']} {sha256(body).hexdigest()}\n".encode("ascii"))
    if path == "/slow":
        await asyncio.sleep(0.05)
    if path == "/flaky" and mood > 0.97:
        return False
    writer.write(_ACCEPTED)
    return True
