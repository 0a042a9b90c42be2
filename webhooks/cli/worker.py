"""`aptic-webhooks worker`: more processes that compose and deliver, where the store is on PostgreSQL."""

from __future__ import annotations

from engine.cli.console import Console
from engine.cli.options import Command
from webhooks.cli.dispatching import DispatchingArguments, add_dispatching, dispatching_settings
from webhooks.cli.options import reported


def _work(arguments: DispatchingArguments, console: Console) -> int:
    from webhooks import logs
    from webhooks.working import work

    logs.configure(console.err, is_debug=arguments.debug)

    def tell(line: str) -> None:
        console.write(f"{console.result.escape(line)}\n")
        console.out.flush()

    with reported():
        work(dispatching_settings(arguments, console), tell)
    return 0


WORKER = Command(
    name="worker",
    summary="Composes and delivers beside a service.",
    description="Composes and delivers in one more process, on this machine or another, for a service whose store is "
    "on PostgreSQL. It needs the service's keys and its settings.",
    example="--store postgresql+psycopg://webhooks@host/webhooks --key-file /etc/aptic-webhooks/keys",
    add_options=add_dispatching,
    run=_work,
    arguments=DispatchingArguments,
)
