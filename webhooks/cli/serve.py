"""`aptic-webhooks serve`: the service in one process."""

from __future__ import annotations

from pathlib import Path

from engine.cli.console import Console
from engine.cli.options import Command, Parser, named_path, several
from webhooks.cli.options import StoreArguments, add_store, reported
from webhooks.settings import AuthMethod, Settings


class _Arguments(StoreArguments):
    events: Path | None
    host: str
    port: int
    admin_port: int
    auth: list[AuthMethod]
    trusted_proxies: list[str]


def _options(parser: Parser) -> None:
    add_store(parser)
    parser.add_argument("--events", type=named_path, metavar="DIR", help="DIR holds further event schemas.")
    parser.add_argument("--host", default="127.0.0.1", metavar="HOST", help="It listens there (default: 127.0.0.1).")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="For clients (default: 8080; 0: any).")
    parser.add_argument(
        "--admin-port", type=int, default=8081, metavar="N", help="For what administers, on loopback (default: 8081)."
    )
    parser.add_argument(
        "--auth", type=_methods, default=list(AuthMethod), metavar="LIST", help="oauth2, api-key or both (default)."
    )
    parser.add_argument(
        "--trusted-proxy",
        dest="trusted_proxies",
        action="append",
        default=[],
        metavar="CIDR",
        help="X-Forwarded-For counts from these addresses only.",
    )


def _methods(text: str) -> list[AuthMethod]:
    return [AuthMethod(name) for name in several(text)]


def _serve(arguments: _Arguments, console: Console) -> int:
    from webhooks.running import run

    settings = Settings(
        data=arguments.data,
        store=arguments.store,
        events=arguments.events,
        host=arguments.host,
        port=arguments.port,
        admin_port=arguments.admin_port,
        auth=frozenset(arguments.auth),
        trusted_proxies=tuple(arguments.trusted_proxies),
    )

    def tell(line: str) -> None:
        console.write(f"{console.result.escape(line)}\n")
        console.out.flush()

    with reported():
        run(settings, tell)
    return 0


SERVE = Command(
    name="serve",
    summary="Runs the service: its API and its store.",
    description="Runs the service in one process. Without options it makes its folder, its keys and its database.",
    example="--data /var/lib/aptic-webhooks --port 8080",
    add_options=_options,
    run=_serve,
    arguments=_Arguments,
)
