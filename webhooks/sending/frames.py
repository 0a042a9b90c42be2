"""What the service and the process that sends tell each other, over a socket.

A frame is a length of four bytes and an array of messages in MessagePack. Each side puts into one frame what it has to
tell in one turn of its loop.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final, Generic, TypeVar, cast

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from webhooks.sending.interface import Outcome, OutgoingRequest

_LENGTH: Final = 4  # bytes
_MOST_MESSAGES: Final = 64
_ENCODER: Final = Encoder()


class Options(Struct, frozen=True, array_like=True):
    """How to send; the first frame has it alone. `trusted` is the path of a file of certificates."""

    deadline: float
    trusted: str
    user_agent: str
    name_servers: tuple[str, ...] = ()


class Order(Struct, frozen=True, array_like=True):
    """A request to be sent; without one, nobody waits any more for the outcome of that number."""

    number: int
    request: OutgoingRequest | None = None


class Report(Struct, frozen=True, array_like=True):
    """What became of the request of that number; None where the sender met an error of its own, and has logged it."""

    number: int
    outcome: Outcome | None = None


Message = TypeVar("Message", bound=Struct)


class Frames(asyncio.Protocol, Generic[Message]):
    """One side of the socket. `take` gets the messages of a frame, `end` is called once the other side is gone."""

    def __init__(self, kind: type[Message], take: Callable[[list[Message]], object], end: Callable[[], object]) -> None:
        self._decoder: Decoder[list[Message]] = Decoder(list[kind])  # type: ignore[valid-type]
        self._take = take
        self._end = end
        self._transport: asyncio.WriteTransport | None = None
        self._told: list[object] = []
        self._is_due = False
        self._received = bytearray()

    def tell(self, message: Struct) -> None:
        """Sends a message at the end of the loop's turn."""
        self._told.append(message)
        self._flush_soon()

    def flush(self) -> None:
        """Sends what is to be told; a frame without messages where there is nothing."""
        self._is_due = False
        if self._transport is None or self._transport.is_closing():
            return
        told, self._told = self._told, []
        for start in range(0, max(len(told), 1), _MOST_MESSAGES):
            self._transport.write(frame(told[start : start + _MOST_MESSAGES]))

    def close(self) -> None:
        """Ends the connection; what is to be told is lost."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends what was told before."""
        self._transport = cast(asyncio.WriteTransport, transport)
        if self._told:
            self._flush_soon()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio names it
        """The other side is gone."""
        self._end()

    def data_received(self, data: bytes) -> None:
        """Hands over each frame that is whole."""
        received = self._received
        received += data
        at = 0
        while len(received) - at >= _LENGTH:
            end = at + _LENGTH + int.from_bytes(received[at : at + _LENGTH], "little")
            if len(received) < end:
                break
            self._take(self._decoder.decode(bytes(received[at + _LENGTH : end])))
            at = end
        del received[:at]

    def _flush_soon(self) -> None:
        if not self._is_due and self._transport is not None:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self.flush)


def frame(content: object) -> bytes:
    """A frame of this content."""
    encoded = _ENCODER.encode(content)
    return len(encoded).to_bytes(_LENGTH, "little") + encoded


def read_options(connection: socket.socket) -> Options:
    """The first frame, which is waited for. Raises EOFError where the other side is gone."""
    length = int.from_bytes(_read(connection, _LENGTH), "little")
    return Decoder(Options).decode(_read(connection, length))


def _read(connection: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        part = connection.recv(length - len(content))
        if not part:
            raise EOFError
        content += part
    return content
