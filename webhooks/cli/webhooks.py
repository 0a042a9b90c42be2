"""`aptic-webhooks webhooks …`: the registrations of every client."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import encode

from engine.commandline.console import Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command, Parser
from webhooks.cli.options import ReportArguments, add_json, add_store, opened
from webhooks.errors import NotFoundError, RefusedError
from webhooks.model import Client, Method, Registration

if TYPE_CHECKING:
    from sqlalchemy import Connection


class _ListArguments(ReportArguments):
    client: str | None


class RegistrationArguments(_ListArguments):
    """The arguments of a command about one registration."""

    url: str


class ListedRegistration(Struct, frozen=True):
    """A registration as `--json` prints it."""

    client: str
    url: str
    method: Method
    events: Sequence[str]
    paused: bool
    disabled: str | None


def registrations_of(connection: Connection, name: str | None) -> list[tuple[Client, Registration]]:
    """The registrations of a client, or of every client. Raises NotFoundError."""
    from webhooks.store import clients, registrations

    found = [clients.named(connection, name)] if name is not None else clients.every(connection)
    return [(client, each) for client in found for each in registrations.every(connection, client.id)]


def owner_of(connection: Connection, url: str, name: str | None) -> Client:
    """The client that has registered the URL. Raises NotFoundError, or RefusedError if several clients have."""
    owners = [client for client, found in registrations_of(connection, name) if found.url == url]
    if not owners:
        raise NotFoundError(f"The URL {url} is not registered. aptic-webhooks webhooks list shows those that are.")
    if len(owners) > 1:
        names = ", ".join(repr(client.name) for client in owners)
        raise RefusedError(f"Several clients have registered this URL: {names}. Say which one with --client.")
    return owners[0]


def _list(arguments: _ListArguments, console: Console) -> int:
    with opened(arguments, console) as (store, _):
        found = store.read_now(lambda connection: registrations_of(connection, arguments.client))
    if arguments.json:
        console.write_bytes(encode([_listed(client, each) for client, each in found]) + b"\n")
        return 0
    rows = [
        (client.name, each.method.value, each.url, " ".join(each.events), _state(client, each))
        for client, each in found
    ]
    write_list(console, ("CLIENT", "METHOD", "URL", "EVENTS", "STATE"), rows)
    if not found:
        console.write("There is no registration.\n")
    return 0


def _state(client: Client, found: Registration) -> str:
    if client.is_disabled:
        return f"held: the client {client.name!r} is disabled"
    if found.disabled_reason:
        return f"disabled: {found.disabled_reason}"
    return "paused" if found.is_paused else "active"


def _pause(arguments: RegistrationArguments, console: Console) -> int:
    return _set_paused(arguments, console, is_paused=True)


def _resume(arguments: RegistrationArguments, console: Console) -> int:
    return _set_paused(arguments, console, is_paused=False)


def _set_paused(arguments: RegistrationArguments, console: Console, *, is_paused: bool) -> int:
    from webhooks.store import registrations

    def write(connection: Connection) -> tuple[Client, Registration]:
        """Pauses or resumes the registration."""
        client = owner_of(connection, arguments.url, arguments.client)
        return client, registrations.set_paused(connection, client.id, arguments.url, is_paused=is_paused)

    with opened(arguments, console) as (store, _):
        client, changed = asyncio.run(store.write(write))
    if arguments.json:
        console.write_bytes(encode(_listed(client, changed)) + b"\n")
    else:
        done = "is paused: what would be sent to it is held" if is_paused else "is active: what waits for it is sent"
        if client.is_disabled and not is_paused:
            enabling = f"aptic-webhooks clients enable {shlex.quote(client.name)}"
            done = f"stays held: its client is disabled, {enabling} lets it in again"
        console.write(f"{console.result.escape(f'{changed.url} {done}')}.\n")
    return 0


def _remove(arguments: RegistrationArguments, console: Console) -> int:
    from webhooks.store import registrations

    def write(connection: Connection) -> Client:
        """Removes the registration."""
        client = owner_of(connection, arguments.url, arguments.client)
        registrations.remove(connection, client.id, arguments.url, None)
        return client

    with opened(arguments, console) as (store, _):
        client = asyncio.run(store.write(write))
    if arguments.json:
        console.write_bytes(encode({"client": client.name, "url": arguments.url}) + b"\n")
    else:
        console.write(f"{console.result.escape(arguments.url)} is removed: what was not sent to it yet is cancelled.\n")
    return 0


def _listed(client: Client, found: Registration) -> ListedRegistration:
    from webhooks.store.holding import CLIENT_DISABLED

    return ListedRegistration(
        client=client.name,
        url=found.url,
        method=found.method,
        events=found.events,
        paused=found.is_paused,
        disabled=CLIENT_DISABLED if client.is_disabled else found.disabled_reason,
    )


def add_registration(parser: Parser) -> None:
    """Adds the options that name one registration."""
    parser.add_argument("url", metavar="URL", help="The registered URL, byte for byte.")
    _list_options(parser)


def _list_options(parser: Parser) -> None:
    parser.add_argument("--client", metavar="NAME", help="The registrations of this client.")
    add_store(parser)
    add_json(parser)


LIST = Command(
    name="webhooks list",
    summary="Lists the registrations.",
    description="Lists the registrations of every client, with what became of their endpoints.",
    example="",
    add_options=_list_options,
    run=_list,
    arguments=_ListArguments,
)
PAUSE = Command(
    name="webhooks pause",
    summary="Holds what would be sent to a URL.",
    description="Holds what would be sent to a URL, until it is resumed; after 30 days what is held is dead.",
    example="https://receiver.example/webhooks",
    add_options=add_registration,
    run=_pause,
    arguments=RegistrationArguments,
)
RESUME = Command(
    name="webhooks resume",
    summary="Sends what waits for a URL now, and enables it where it was disabled.",
    description="Sends what was held or waits for its next attempt, at once, and enables a URL that was disabled: for "
    "when its receiver has been mended. Time that it has asked for by Retry-After passes first. What is dead is listed "
    "by `deliveries --state dead` and sent by `replay`.",
    example="https://receiver.example/webhooks",
    add_options=add_registration,
    run=_resume,
    arguments=RegistrationArguments,
)
REMOVE = Command(
    name="webhooks remove",
    summary="Removes a URL, as its client would.",
    description="Removes a URL, as its client would: what was not sent to it yet is cancelled, and the log stays.",
    example="https://receiver.example/webhooks",
    add_options=add_registration,
    run=_remove,
    arguments=RegistrationArguments,
)
