"""`aptic-webhooks compose`: the body of an event that was delivered, by the definitions as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from engine.commandline.console import CannotRunError, Console
from engine.commandline.explain import MASK, explainer
from engine.commandline.failing import naming_definition
from engine.commandline.options import (
    Command,
    LoadArguments,
    Parser,
    add_catalogue,
    add_definitions,
    add_ledger,
)
from webhooks.cli.options import StoreArguments, add_store, opened

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ERASED: Final = "The data of this delivery's event was erased, so its body cannot be composed any more."


class _Arguments(StoreArguments, LoadArguments):
    delivery: str
    definitions: Path
    explain: bool


def _options(parser: Parser) -> None:
    parser.add_argument("--delivery", required=True, metavar="ID", help="The event is that of the delivery ID.")
    add_store(parser)
    add_definitions(parser)
    add_ledger(
        parser,
        ledger="The queries are asked of the ledger at this SQLAlchemy URL. Give one that holds a password as "
        "APTIC_LEDGER: others see a command line.",
        schema="The ledger's schema is in FILE, in T-SQL (default: it is read from the ledger).",
    )
    add_catalogue(parser)
    parser.add_argument(
        "--explain",
        action="store_true",
        help="Tells on standard error each step's SQL as sent, the bound values, the rows found and the time taken.",
    )


def _run(arguments: _Arguments, console: Console) -> int:
    """Composes as the service would; nothing is written, and nobody is sent anything."""
    if arguments.ledger is None:
        raise CannotRunError("A ledger is needed: --ledger URL, or APTIC_LEDGER in the environment.")
    from engine.composer import Composer

    message = _message(arguments, console)
    event = str(message["event"])
    options = replace(arguments.load_options(), folder=arguments.definitions)
    with Composer.load(**options.arguments(), on_invalid="hold") as composer, naming_definition(composer, event):
        if arguments.explain:
            body = composer.explain(event, message, explainer(None, console.trouble, console.note))
        else:
            body = composer.compose(event, message)
    if body.definition is None:
        console.note(f"{console.trouble.escape(event)} has no definition: this is its default body.")
    if body.skip_reason is not None:
        console.note(f"Nothing is sent: {console.trouble.escape(body.skip_reason)}")
        return 0
    console.write_bytes(body.fill(MASK) + b"\n")
    return 0


def _message(arguments: _Arguments, console: Console) -> Mapping[str, object]:
    """The event as definitions were given it."""
    try:
        id_ = str(UUID(arguments.delivery))
    except ValueError:
        raise CannotRunError(f"{arguments.delivery!r} is no delivery's id: `deliveries` lists them.") from None

    def query(connection: Connection) -> tuple[str, Mapping[str, str] | None]:
        """The event's code, and what it was published with."""
        from webhooks.store import deliveries, events

        return deliveries.by_id(connection, None, id_).event, events.arguments_of(connection, id_)

    with opened(arguments, console) as (store, _):
        code, data = store.read_now(query)
    if data is None:
        raise CannotRunError(_ERASED)
    return {"event": code, "data": data}


COMPOSE = Command(
    name="compose",
    summary="Composes the event of a delivery again, and prints the body.",
    description="Composes the event of a delivery again, by the definitions and the ledger as they are now, and prints "
    "the body with *** for the secret. Nothing is sent, and the store stays as it is.",
    example="--delivery 019ab2c4-7f1e-7c3a-9d52-0b6f4e8a1c37 --definitions definitions --explain",
    add_options=_options,
    run=_run,
    arguments=_Arguments,
)
