"""`aptic-webhooks worker`: a further process that composes and delivers, for a store on PostgreSQL."""

from __future__ import annotations

from msgspec import structs

from engine.commandline.console import Console
from engine.commandline.options import Command, Parser
from webhooks.cli.dispatching import DispatchingArguments, add_dispatching, begin_running, dispatching_settings
from webhooks.cli.options import add_window_hosts, port_number, reported


class _Arguments(DispatchingArguments):
    metrics_port: int | None
    window_hosts: list[str]


def _options(parser: Parser) -> None:
    add_dispatching(parser)
    port = "For /metrics, /healthz and /readyz of this worker, on loopback only (default: none; 0: any free one)."
    parser.add_argument("--metrics-port", type=port_number, metavar="N", help=port)
    add_window_hosts(parser)


def _work(arguments: _Arguments, console: Console) -> int:
    begin_running(arguments, console)
    from webhooks.process.working import work

    with reported():
        settings = structs.replace(
            dispatching_settings(arguments, console),
            metrics_port=arguments.metrics_port,
            window_hosts=tuple(arguments.window_hosts),
        )
        work(settings, console.tell)
    return 0


WORKER = Command(
    name="worker",
    summary="Composes and delivers beside a service.",
    description="Composes and delivers in one more process, on this machine or another, for a service whose store is "
    "on PostgreSQL. It needs the service's keys and its settings.",
    example="--store postgresql+psycopg://webhooks@host/webhooks --key-file /etc/aptic-webhooks/keys",
    add_options=_options,
    run=_work,
    arguments=_Arguments,
)
