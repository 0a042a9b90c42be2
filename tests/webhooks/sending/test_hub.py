"""That the receivers of these tests leave nothing open, which Python would tell of at the end of all tests."""

import gc
import socket
import warnings
from asyncio import StreamReader, StreamWriter

from receivers.hub import Hub
from waiting import until


async def answers_more_than_is_read(reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"x" * 100_000_000)
    await writer.drain()


def test_a_connection_with_unsent_bytes_is_closed_at_the_end() -> None:
    hub = Hub()
    receiver = hub.start(answers_more_than_is_read)
    with socket.create_connection(("127.0.0.1", receiver.port)), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        until(lambda: receiver.connections)
        hub.close()
        del hub
        gc.collect()
    assert [str(each.message) for each in told] == []
