"""`aptic-webhooks webhooks test`: sends an event's example to a registered URL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.json import encode

from engine.commandline.console import Console
from engine.commandline.options import Command, Parser
from webhooks.cli.dispatching import DispatchingArguments, add_dispatching, dispatching_settings
from webhooks.cli.options import add_json, opened, reported
from webhooks.cli.webhooks import owner_of
from webhooks.errors import RefusedError

if TYPE_CHECKING:
    from webhooks.example_sends import TestOutcome

_FAILED = 1
_REFUSED = (
    "Give this command the --allow-network, --allow-port and --allow-http that the service has, if it has any: it does "
    "not know them."
)


class _Arguments(DispatchingArguments):
    url: str
    event: str
    client: str | None
    json: bool


def _run(arguments: _Arguments, console: Console) -> int:
    outcome = _send(arguments, console)
    if arguments.json:
        console.write_bytes(encode(outcome) + b"\n")
    else:
        told = outcome.error or f"the receiver answered {outcome.status}"
        detail = f" {console.result.escape(outcome.detail)}" if outcome.detail else ""
        console.write(
            f"{'It arrived' if outcome.delivered else 'It did not arrive'}: {told}, "
            f"after {outcome.duration:.3f} s.{detail}\n"
        )
        if told.startswith("refused-"):
            console.write(f"{_REFUSED}\n")
        if outcome.answer:
            console.write(f"{console.result.escape(outcome.answer)}\n")
    return 0 if outcome.delivered else _FAILED


def _send(arguments: _Arguments, console: Console) -> TestOutcome:
    from engine.catalogue import Catalogue
    from engine.examples import load_examples
    from webhooks.example_sends import TestSends

    catalogue = Catalogue.load(arguments.events)
    with reported():
        settings = dispatching_settings(arguments, console)
        if arguments.event not in catalogue.events:
            raise RefusedError(f"There is no event {arguments.event!r}: {', '.join(sorted(catalogue.events))}.")
    with opened(arguments, console) as (store, keyring):
        client = store.read_now(lambda connection: owner_of(connection, arguments.url, arguments.client))
        sends = TestSends(store, keyring, settings)
        example = load_examples(catalogue, settings.definitions).get(arguments.event)

        async def send() -> TestOutcome:
            """Sends the example, then closes the sender."""
            try:
                return await sends.send(client, arguments.url, arguments.event, example, sees_restricted=True)
            finally:
                await sends.close()

        return asyncio.run(send())


def _options(parser: Parser) -> None:
    parser.add_argument("url", metavar="URL", help="The registered URL, byte for byte.")
    parser.add_argument("event", metavar="EVENT", help="The event code, for example ledgerpayment.")
    parser.add_argument("--client", metavar="NAME", help="The client that has registered it.")
    add_dispatching(parser)
    add_json(parser)


TEST = Command(
    name="webhooks test",
    summary="Sends an event's example to a registered URL.",
    description="Sends an event's recorded example to a registered URL, once, with its secret and signature and the "
    "header webhook-test: true, and tells what became of it. Give it what the service is given to reach URLs by.",
    example="https://receiver.example/webhooks ledgerpayment --definitions definitions",
    add_options=_options,
    run=_run,
    arguments=_Arguments,
)
