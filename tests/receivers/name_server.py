"""A name server that answers what a test wants, also something else each time."""

import asyncio
import socket
import struct
from ipaddress import ip_address

_TYPES = {1: 4, 28: 6}
_SERVER_FAILURE = 2
_NO_SUCH_NAME = 3


class NameServer(asyncio.DatagramProtocol):
    """`names` has the answers of each name, one after the other; the last one stays. An empty answer is no address.

    A name that is not there does not exist; one in `dead` is never answered. `asked` counts questions.
    """

    def __init__(self, names: dict[str, list[list[str]]], dead: frozenset[str] = frozenset()) -> None:
        self._names = names
        self._dead = dead
        self.asked: dict[str, int] = {}
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        sock: socket.socket = transport.get_extra_info("socket")
        host, port = sock.getsockname()
        self.address = f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name, kind, question = _question(data)
        if name in self._dead or name.split(".", 1)[-1] in self._dead:
            return
        answers = self._names.get(name)
        if answers is None:
            self._send(data, question, _NO_SUCH_NAME, [], addr)
            return
        turn = self.asked.get(f"{name} {kind}", 0)
        self.asked[f"{name} {kind}"] = turn + 1
        found = [ip_address(text) for text in answers[min(turn, len(answers) - 1)]]
        records = [address.packed for address in found if address.version == _TYPES.get(kind)]
        self._send(data, question, 0, [_record(kind, packed) for packed in records], addr)

    def _send(self, data: bytes, question: bytes, code: int, records: list[bytes], addr: tuple[str, int]) -> None:
        head = data[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        self._transport.sendto(head + question + b"".join(records), addr)  # type: ignore[attr-defined]


def _question(data: bytes) -> tuple[str, int, bytes]:
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    return ".".join(labels), struct.unpack(">H", data[at + 1 : at + 3])[0], data[12 : at + 5]


def _record(kind: int, packed: bytes) -> bytes:
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(packed)) + packed
