"""`aptic-webhooks clients …`: who may use the API."""

from __future__ import annotations

import argparse
import asyncio
import csv
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import encode

from engine.commandline.console import CannotRunError, Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command, Parser, several
from webhooks.cli.options import ReportArguments, add_json, add_store, checked, networks, opened, target_ports
from webhooks.model import Client, Scope
from webhooks.registering import parse_url_pattern

if TYPE_CHECKING:
    from webhooks.security.credentials import Credentials
    from webhooks.security.keys import Keyring

_MAX_NAME_LENGTH = 200
_MARKS = "._-+&',:/@()"
_LETTERS = "A-Za-z0-9À-ÖØ-öø-ÿ"  # letters of Latin-1: each is one character, and no two look alike
_NEW_NAME = re.compile(rf"[{_LETTERS}](?:[{_LETTERS}{re.escape(_MARKS)}]| (?! |\Z))*")


class _Arguments(ReportArguments):
    name: str
    scopes: list[Scope]
    only: list[tuple[str, str]]
    networks: list[str]
    ports: list[int]
    url_patterns: list[str]


class ListedClient(Struct, frozen=True):
    """A client as `clients list --json` prints it."""

    name: str
    client_id: str
    scopes: Sequence[Scope]
    only: Mapping[str, str]
    networks: Sequence[str]
    ports: Sequence[int]
    url_patterns: Sequence[str]
    disabled: bool


class ShownClient(Struct, frozen=True):
    """A client with its new credentials, as `--json` prints it."""

    name: str
    client_id: str
    client_secret: str
    api_key: str
    scopes: Sequence[Scope]


def _add(arguments: _Arguments, console: Console) -> int:
    from webhooks.security.credentials import new_credentials, new_guid
    from webhooks.store import clients

    client = Client(
        id=new_guid(),
        name=arguments.name,
        scopes=frozenset(arguments.scopes or [Scope.WEBHOOKS]),
        only=_only(arguments.only),
        networks=tuple(arguments.networks),
        ports=tuple(arguments.ports),
        url_patterns=tuple(arguments.url_patterns),
    )
    made = new_credentials()
    with opened(arguments, console, may_make=True) as (store, keyring):
        asyncio.run(store.write(lambda connection: clients.add(connection, client, **_hashes(keyring, made))))
    _show(arguments, console, client, made)
    return 0


def _only(conditions: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    only = dict(conditions)
    if len(only) < len(set(conditions)):
        raise CannotRunError("--only names an argument with two values: no event has both, so none would be sent.")
    return only


def _rotate(arguments: _Arguments, console: Console) -> int:
    from webhooks.security.credentials import new_credentials
    from webhooks.store import clients

    made = new_credentials()
    with opened(arguments, console) as (store, keyring):
        client = asyncio.run(
            store.write(lambda connection: clients.rotate(connection, arguments.name, **_hashes(keyring, made)))
        )
    _show(arguments, console, client, made)
    return 0


def _set_disabled(arguments: _Arguments, console: Console, *, is_disabled: bool) -> int:
    from webhooks.store import clients

    with opened(arguments, console) as (store, _):
        client = asyncio.run(
            store.write(lambda connection: clients.set_disabled(connection, arguments.name, is_disabled=is_disabled))
        )
    if arguments.json:
        console.write_bytes(encode(_listed(client)) + b"\n")
    else:
        done = (
            "is disabled: its credentials and tokens are refused, and what is for it is held, for 30 days"
            if is_disabled
            else "is enabled: its credentials are good again, and what was held for it is sent within seconds"
        )
        console.write(f"{console.result.escape(client.name)} {done}.\n")
    return 0


def _list(arguments: ReportArguments, console: Console) -> int:
    from webhooks.store import clients

    with opened(arguments, console) as (store, _):
        found = store.read_now(clients.every)
    if arguments.json:
        console.write_bytes(encode([_listed(client) for client in found]) + b"\n")
        return 0
    write_list(console, ("CLIENT ID", "NAME", "SCOPES", "OPTIONS"), [_row(each) for each in found])
    if not found:
        console.write("There is no client yet. Make one: aptic-webhooks clients add NAME\n")
    return 0


def _row(client: Client) -> Sequence[str]:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(f"{name}={value}" for name, value in client.only.items())
    only = line.getvalue()
    given: dict[str, Sequence[object]] = {
        "--only": [only] if only else [],
        "--allow-network": client.networks,
        "--allow-port": client.ports,
        "--url-pattern": client.url_patterns,
    }
    options = " ".join(f"{option} {value}" for option, values in given.items() for value in values)
    return client.id, client.name, "disabled" if client.is_disabled else " ".join(sorted(client.scopes)), options


def _listed(client: Client) -> ListedClient:
    return ListedClient(
        name=client.name,
        client_id=client.id,
        scopes=sorted(client.scopes),
        only=client.only,
        networks=client.networks,
        ports=client.ports,
        url_patterns=client.url_patterns,
        disabled=client.is_disabled,
    )


def _hashes(keyring: Keyring, made: Credentials) -> dict[str, bytes]:
    return {"secret_hash": keyring.fingerprint(made.secret), "api_key_hash": keyring.fingerprint(made.api_key)}


def _show(arguments: ReportArguments, console: Console, client: Client, made: Credentials) -> None:
    if arguments.json:
        shown = ShownClient(client.name, client.id, made.secret, made.api_key, sorted(client.scopes))
        console.write_bytes(encode(shown) + b"\n")
        return
    console.write(
        f"client        {console.result.escape(client.name)}\n"
        f"client id     {client.id}\n"
        f"client secret {made.secret}\n"
        f"API key       {made.api_key}\n"
        f"scopes        {' '.join(sorted(client.scopes))}\n"
        "Secret and key are shown this once; the store keeps only their keyed hashes.\n"
    )
    if client.is_disabled:
        enabling = console.result.escape(f"aptic-webhooks clients enable {shlex.quote(client.name)}")
        console.write(f"The client is disabled: they are refused before {enabling}\n")


def _condition(text: str) -> list[tuple[str, str]]:
    """Parses `a=1,b=2`. A value with a comma is quoted together with its name, as in CSV: `"a=1,5",b=2`."""
    try:
        fields = next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error:
        fields = []
    pairs = [field.partition("=") for field in fields]
    if not pairs or not all(name and equals for name, equals, _ in pairs):
        raise argparse.ArgumentTypeError("write ARGUMENT=VALUE, several with commas")
    return [(name, value) for name, _, value in pairs]


def _scope(text: str) -> list[Scope]:
    known = {scope.value: scope for scope in Scope}
    if unknown := [name for name in several(text) if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no scope: {', '.join(known)}")
    return [known[name] for name in several(text)]


def _url_pattern(text: str) -> str:
    parse_url_pattern(text)
    return text


def _client_name(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _MAX_NAME_LENGTH:
        raise argparse.ArgumentTypeError(f"a name is 1 to {_MAX_NAME_LENGTH} printable characters")
    return text


def _new_client_name(text: str) -> str:
    """Checks the name of a new client. It may have no invisible characters, and no letters of other scripts.

    Those may look like Latin letters. Clients that are stored already may have such names.
    """
    if not _NEW_NAME.fullmatch(_client_name(text)):
        raise argparse.ArgumentTypeError(
            "a new client's name is of letters A-Z with or without accents (å, é, ß), digits, single blanks, and "
            f"{' '.join(_MARKS)}; it begins with a letter or digit"
        )
    return text


def _name_options(parser: Parser, parse: Callable[[str], str] = _client_name) -> None:
    parser.add_argument("name", metavar="NAME", type=parse, help="The client's name, for people.")
    add_store(parser)
    add_json(parser)


def _add_options(parser: Parser) -> None:
    _name_options(parser, _new_client_name)
    scopes = f"It may do this: {', '.join(Scope)} (default: webhooks); several with commas."
    only = "It gets only events whose argument has this value; several with commas must all hold."
    pattern = "It may register only URLs like this (https://*.example.com/*); may be repeated."
    network = "Its URLs may lead into this network too; several with commas, or repeated."
    port = "Its URLs may use this port too; several with commas, or repeated."
    add = parser.add_argument
    add("--scope", dest="scopes", action="extend", default=[], type=_scope, metavar="S", help=scopes)
    add("--only", action="extend", default=[], type=_condition, metavar="ARGUMENT=VALUE,…", help=only)
    add("--allow-network", dest="networks", action="extend", default=[], type=networks, metavar="CIDR", help=network)
    add("--allow-port", dest="ports", action="extend", default=[], type=target_ports, metavar="N", help=port)
    add(
        "--url-pattern",
        dest="url_patterns",
        action="append",
        default=[],
        type=checked(_url_pattern),
        metavar="PATTERN",
        help=pattern,
    )


def _list_options(parser: Parser) -> None:
    add_store(parser)
    add_json(parser)


ADD = Command(
    name="clients add",
    summary="Makes a client and shows its credentials, once.",
    description="Makes a client: another company's system, or the back end that publishes events.",
    example="acme --scope webhooks --only debtcreditorid=7",
    add_options=_add_options,
    run=_add,
    arguments=_Arguments,
)
LIST = Command(
    name="clients list",
    summary="Lists the clients.",
    description="Lists the clients with their ids, scopes and options.",
    example="",
    add_options=_list_options,
    run=_list,
    arguments=ReportArguments,
)
ROTATE = Command(
    name="clients rotate",
    summary="Gives a client a new secret and a new API key.",
    description="Gives a client a new secret and a new API key; the old ones are refused at once.",
    example="acme",
    add_options=_name_options,
    run=_rotate,
    arguments=_Arguments,
)
DISABLE = Command(
    name="clients disable",
    summary="Refuses a client from now on.",
    description="Refuses a client from now on: its secret, its API key and the tokens that it has. What is for its "
    "URLs is held, and dead after 30 days.",
    example="acme",
    add_options=_name_options,
    run=partial(_set_disabled, is_disabled=True),
    arguments=_Arguments,
)
ENABLE = Command(
    name="clients enable",
    summary="Lets a client in again that was disabled.",
    description="Lets a client in again that was disabled, with the credentials that it has; what was held for it is "
    "sent.",
    example="acme",
    add_options=_name_options,
    run=partial(_set_disabled, is_disabled=False),
    arguments=_Arguments,
)
