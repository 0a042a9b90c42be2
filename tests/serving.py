"""Serves small applications as the service serves its own: by its server, on a real socket."""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from webhooks.api.bodies import read_body
from webhooks.api.problems import HANDLERS
from webhooks.process.listening import Server

Answering = Callable[[Request, bytes], Awaitable[Response]]


async def echo(request: Request, body: bytes) -> Response:
    """Answers with the method, the path and the body that it was given."""
    return Response(json.dumps([request.method, request.url.path, body.decode("latin-1")]))


def reading(answering: Answering, most: int = 1000) -> Any:
    """The application of a function that gets the body, which has at most so many bytes."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive, send)
        try:
            answer = await answering(request, await read_body(request, most))
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    return ExceptionMiddleware(app, handlers=HANDLERS)


@contextmanager
def served(app: Any, **options: Any) -> Iterator[int]:
    """The port of a server of the application, in a thread with a loop of its own."""
    made: list[tuple[asyncio.AbstractEventLoop, Server]] = []
    is_ready = threading.Event()

    async def serve(listening: socket.socket) -> None:
        made.append((asyncio.get_running_loop(), Server(app, **options)))
        is_ready.set()
        await made[0][1].serve([listening])

    def run(listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(listening))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run, args=(listening,))
        thread.start()
        assert is_ready.wait(20)
        try:
            yield listening.getsockname()[1]
        finally:
            loop, server = made[0]
            loop.call_soon_threadsafe(server.stop)
            thread.join(20)
