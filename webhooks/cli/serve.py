"""`aptic-webhooks serve`: the service."""

from __future__ import annotations

import argparse

from msgspec import structs

from engine.commandline.console import Console
from engine.commandline.options import Command, Parser, several
from webhooks.cli.dispatching import DispatchingArguments, add_dispatching, begin_running, dispatching_settings
from webhooks.cli.options import add_window_hosts, port_number, reported
from webhooks.settings import AuthMethod


class _Arguments(DispatchingArguments):
    host: str
    port: int
    admin_port: int
    window_hosts: list[str]
    auth: list[AuthMethod]
    trusted_proxies: list[str]


def _options(parser: Parser) -> None:
    add_dispatching(parser)
    add = parser.add_argument
    host = "It listens for clients there (default: 127.0.0.1)."
    add("--host", type=_host, default="127.0.0.1", metavar="HOST", help=host)
    add("--port", type=port_number, default=8080, metavar="N", help="For clients (default: 8080; 0: any free one).")
    admin = "For what administers, on loopback only (default: 8081; 0: any free one)."
    add("--admin-port", type=port_number, default=8081, metavar="N", help=admin)
    add_window_hosts(parser)
    auth = "Clients may authenticate by oauth2, api-key or both (default: oauth2,api-key)."
    add("--auth", type=_methods, default=list(AuthMethod), metavar="LIST", help=auth)
    proxies = "X-Forwarded-For counts from these addresses only; several with commas, or repeated."
    add(
        "--trusted-proxy",
        dest="trusted_proxies",
        action="extend",
        type=several,
        default=[],
        metavar="CIDR",
        help=proxies,
    )


def _host(text: str) -> str:
    if not text:  # the system would take it for every address, which nobody means
        raise argparse.ArgumentTypeError("an empty text is no host; 0.0.0.0 and :: stand for every address")
    return text


def _methods(text: str) -> list[AuthMethod]:
    names = several(text)
    known = {method.value: method for method in AuthMethod}
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
    if not names:
        raise argparse.ArgumentTypeError(f"name one of {', '.join(known)}: nobody could use the service")
    return [known[name] for name in names]


def _serve(arguments: _Arguments, console: Console) -> int:
    begin_running(arguments, console)
    from webhooks.process.running import run
    from webhooks.window.app import build_window

    with reported():
        settings = structs.replace(
            dispatching_settings(arguments, console),
            host=arguments.host,
            port=arguments.port,
            admin_port=arguments.admin_port,
            window_hosts=tuple(arguments.window_hosts),
            auth=frozenset(arguments.auth),
            trusted_proxies=tuple(arguments.trusted_proxies),
        )
        run(settings, console.tell, build_window, is_debug=arguments.debug)
    return 0


SERVE = Command(
    name="serve",
    summary="Runs the service: its API and its dispatcher.",
    description="Runs the service. Without options it makes its folder, its keys and its database.",
    example="--data /var/lib/aptic-webhooks --port 8080",
    add_options=_options,
    run=_serve,
    arguments=_Arguments,
)
