"""Receivers that send records of TLS without end, or handshakes that cost much: none keeps the loop within libcurl."""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvloop
from receivers.asking import opened, send, to
from receivers.behaviours import read_request
from receivers.certificates import Authority
from receivers.hub import Hub

from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import Outcome, SendError

RECORDS = {
    "hello requests": bytes.fromhex("160303000400000000"),
    "empty records of the handshake": bytes.fromhex("1603030000"),
    "empty records of data": bytes.fromhex("1703030000"),
    "changes of the cipher": bytes.fromhex("140303000101"),
    "warnings": bytes.fromhex("15030300020100"),
    "a message of the handshake in bytes": bytes.fromhex("160303000102"),
    "a certificate without end": bytes.fromhex("16030340000bffffff") + bytes(0x4000 - 4),
    "server hellos": bytes.fromhex("160303002a020000260303") + bytes(32) + bytes.fromhex("00c02f00"),
    "key updates": bytes.fromhex("16030300051800000100"),
}
MOST = 8 << 20
"""Bytes; without an end to it 100 MB come until the deadline, of which the loop hears nothing."""
GIVEN_UP = "Much came that is no part of an answer: it was not read to its end."


@contextmanager
def ending(writer: StreamWriter) -> Iterator[None]:
    """Leaves nothing to be sent to who has gone."""
    try:
        yield
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("kind", RECORDS)
def test_records_without_end(hub: Hub, kind: str) -> None:
    sent = [0]
    flood = RECORDS[kind] * (8192 // len(RECORDS[kind]) + 1)

    async def floods(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1)
        with ending(writer):
            while True:
                writer.write(flood)
                await writer.drain()
                sent[0] += len(flood)

    receiver = hub.start(floods)
    outcome = send(to(f"https://127.0.0.1:{receiver.port}/", opened(receiver.port)), deadline=20.0)
    assert outcome.error in (SendError.PROTOCOL, SendError.TLS, SendError.RESET)
    assert sent[0] < MOST
    if kind == "hello requests":
        assert (outcome.error, outcome.detail) == (SendError.PROTOCOL, GIVEN_UP)


def test_session_tickets(hub: Hub, authority: Authority) -> None:
    made = authority.context("localhost")
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.num_tickets = 20_000  # 5 MB
    receiver = hub.start("good", made)
    outcome = send(to(f"https://localhost:{receiver.port}/", opened(receiver.port)), ca_bundle=authority.bundle)
    assert (outcome.error, outcome.detail) == (SendError.PROTOCOL, GIVEN_UP)


def test_a_flood_after_the_answer_keeps_no_sender_from_its_end(hub: Hub, authority: Authority) -> None:
    sent = [0]

    async def floods(reader: StreamReader, writer: StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        with ending(writer):
            while True:
                await writer.drain()
                writer.write(bytes(65_536))
                sent[0] += 65_536

    receiver = hub.start(floods, authority.context("localhost"))

    async def run() -> Outcome:
        sender = CurlSender(user_agent="test", ca_bundle=authority.bundle)
        outcome = await sender.send(to(f"https://localhost:{receiver.port}/", opened(receiver.port)))
        await asyncio.sleep(0.2)
        await sender.close()
        return outcome

    assert uvloop.run(run()).is_success
    assert sent[0] < MOST


def test_no_parameters_of_the_receiver_s_own_are_taken(hub: Hub) -> None:
    """DHE lets a receiver choose a group of 10,000 bits, with which one handshake takes a second."""
    hellos: list[bytes] = []

    async def notes(reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readexactly(5)
        hellos.append(await reader.readexactly(int.from_bytes(head[3:], "big")))

    receiver = hub.start(notes)
    send(to(f"https://localhost:{receiver.port}/", opened(receiver.port)), deadline=5.0)
    suites, groups = offered(hellos[0])
    dhe = {suite for suite in suites if suite in range(0x0011, 0x0017) or suite in DHE}
    assert (dhe, bool(suites)) == (set(), True)
    assert [group for group in groups if group in range(0x0102, 0x0200)] == []  # those of 2048 and 3072 bits are quick


DHE = {0x32, 0x33, 0x38, 0x39, 0x40, 0x44, 0x45, 0x66, 0x67, 0x6A, 0x6B, 0x87, 0x88, 0x9E, 0x9F, 0xA2, 0xA3}
DHE |= {0x00BE, 0x00C4, 0xC09E, 0xC09F, 0xC0A2, 0xC0A3, 0xC052, 0xC053, 0xC07C, 0xC07D, 0xCCAA}


def offered(hello: bytes) -> tuple[list[int], list[int]]:
    """The cipher suites and the groups of a ClientHello (RFC 8446, section 4.1.2)."""
    at = 4 + 2 + 32
    at += 1 + hello[at]
    length = int.from_bytes(hello[at : at + 2], "big")
    suites = numbers(hello[at + 2 : at + 2 + length])
    at += 2 + length
    at += 1 + hello[at] + 2
    while at < len(hello):
        kind, length = numbers(hello[at : at + 4])
        if kind == 10:
            return suites, numbers(hello[at + 6 : at + 4 + length])
        at += 4 + length
    raise AssertionError("no groups are offered")


def numbers(content: bytes) -> list[int]:
    return [int.from_bytes(content[at : at + 2], "big") for at in range(0, len(content), 2)]
