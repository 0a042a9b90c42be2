"""`python -m benchmarks.bare PORT`: a Starlette handler that returns a line of standard input, and nothing else."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webhooks.process.listening import LOOPBACK, Server, listen


def build_app(content: bytes) -> Starlette:
    """The application."""

    async def answer(_request: Request) -> Response:
        return Response(content, media_type="application/json")

    return Starlette(routes=[Route("/v1/webhooks", answer)])


def main() -> None:
    """Serves until it is killed, by the service's own server."""
    app = build_app(sys.stdin.readline().strip().encode())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, listen(LOOPBACK, int(sys.argv[1])) as listening:
        runner.run(Server(app).serve([listening]))


if __name__ == "__main__":
    main()
