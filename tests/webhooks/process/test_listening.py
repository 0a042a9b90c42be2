"""The server's end, at any moment of what it is just doing."""

import asyncio
import gc
import socket
import warnings
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import uvloop

from webhooks.process.listening import Server


async def _silent(_scope: Any, _receive: Any, _send: Any) -> None:
    """Answers nothing."""


@pytest.mark.parametrize("turns", range(8))
def test_connections_that_were_just_accepted_are_closed_too(turns: int) -> None:
    async def run(listening: socket.socket) -> None:
        server = Server(_silent)
        serving = asyncio.create_task(server.serve([listening]))
        for _ in range(turns):  # of the loop: to accept, to make the connection, to wait for its request
            await asyncio.sleep(0)
        server.stop()
        await serving

    with ExitStack() as opened, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        clients = [opened.enter_context(socket.create_connection(listening.getsockname())) for _ in range(50)]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(listening))
        gc.collect()
        assert [each.message for each in told if issubclass(each.category, ResourceWarning)] == []
        listening.close()
        for client in clients:
            client.settimeout(60)
            with suppress(ConnectionResetError):
                assert client.recv(1) == b""
