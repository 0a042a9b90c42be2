"""Receivers that send records of TLS without end: none keeps the loop within libcurl for as long as it likes."""

from asyncio import StreamReader, StreamWriter

import uvloop
from receivers.asking import opened, to
from receivers.hub import Hub

from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import Outcome

HELLO_REQUESTS = bytes.fromhex("160303000400000000") * 1000
MOST = 8 << 20
"""Bytes; without an end to it 100 MB come until the deadline, of which the loop hears nothing."""


def test_hello_requests_without_end(hub: Hub) -> None:
    sent = [0]

    async def floods(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1)
        while True:
            writer.write(HELLO_REQUESTS)
            await writer.drain()
            sent[0] += len(HELLO_REQUESTS)

    receiver = hub.start(floods)
    request = to(f"https://127.0.0.1:{receiver.port}/", opened(receiver.port))

    async def run() -> Outcome:
        sender = CurlSender(user_agent="test", deadline=20.0)
        outcome = await sender.send(request)
        await sender.close()
        return outcome

    outcome = uvloop.run(run())
    assert outcome.error is not None
    assert sent[0] < MOST
