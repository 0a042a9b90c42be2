"""`python -m benchmarks.bare PORT`: a Litestar handler that returns a line of standard input, and nothing else."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop
from litestar import Litestar, Response, get


def build_app(content: bytes) -> Any:
    """The application."""

    @get("/v1/webhooks")
    async def answer() -> Response[bytes]:
        return Response(content, media_type="application/json")

    return Litestar([answer], logging_config=None, openapi_config=None)


def main() -> None:
    """Serves until it is killed, set up as the service is."""
    config = uvicorn.Config(
        build_app(sys.stdin.readline().strip().encode()),
        port=int(sys.argv[1]),
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
