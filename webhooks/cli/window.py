"""`aptic-webhooks window`: a link to the operations page, and `status`: what its overview says."""

from __future__ import annotations

import argparse
import getpass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.json import encode

from engine.commandline.console import CannotRunError, Console
from engine.commandline.options import Command, Parser
from webhooks.cli.options import ReportArguments, add_json, add_store, opened, settings_of
from webhooks.model import Scope
from webhooks.wording import deliveries

if TYPE_CHECKING:
    from webhooks.window.overview import Overview

_WAIT_SECONDS = 5.0
_AWAY = "Nothing of this service answers at {}: {} Name the administering port of `serve` with --url."


class _LinkArguments(ReportArguments):
    scope: Scope
    url: str
    who: str | None


class _StatusArguments(ReportArguments):
    span: str


def _link(arguments: _LinkArguments, console: Console) -> int:
    from webhooks.window.entrance import LINK_SECONDS, make_token

    who = (arguments.who or _user()).strip()[:100] or "somebody"
    process = _process_at(arguments.url)
    with opened(arguments, console) as (_, keyring):
        token = make_token(keyring.window_key(), process, who, arguments.scope)
    link = f"{arguments.url}/enter?token={token}"
    if arguments.json:
        console.write_bytes(encode({"link": link, "seconds": LINK_SECONDS}) + b"\n")
    else:
        console.write(f"{link}\n")
        console.note(f"The link can be used once, within {LINK_SECONDS} seconds, with the scope {arguments.scope}.")
    return 0


def _process_at(url: str) -> str:
    """The name of the process whose administering port is at that URL."""
    import http.client
    import json

    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=_WAIT_SECONDS)
    try:
        connection.request("GET", "/entrance")
        answer = connection.getresponse()
        found = json.loads(answer.read(10_000)) if answer.status == 200 else {}
        name = found.get("process")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CannotRunError(_AWAY.format(url, f"{error}.")) from None
    finally:
        connection.close()
    if not isinstance(name, str):
        raise CannotRunError(_AWAY.format(url, f"it answered {answer.status}."))
    return name


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return ""


def _status(arguments: _StatusArguments, console: Console) -> int:
    from webhooks.window.overview import SPANS, read

    with opened(arguments, console) as (store, _):
        found = read(store, settings_of(arguments, console), SPANS[arguments.span])
    if arguments.json:
        console.write_bytes(encode(found) + b"\n")
        return 0
    console.write(console.result.escape(_told(found)) + "\n")
    for trouble in found.troubles:
        console.write(console.result.escape(f"{trouble.check}: {trouble.what}. {trouble.advice}") + "\n")
    return 0


def _told(found: Overview) -> str:
    counts: dict[str, int] = {}
    for point in found.points:
        for name, count in point.attempts.items():
            counts[name] = counts.get(name, 0) + count
    ended = ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
    waiting = found.waiting.get("pending", 0)
    return f"{deliveries(waiting)} to send. Attempts that ended in {found.span}: {ended}."


def _place(text: str) -> str:
    place = urlsplit(text)
    if place.scheme not in ("http", "https") or not place.netloc or place.path.strip("/") or place.query:
        raise argparse.ArgumentTypeError(f"{text!r} is no URL such as http://127.0.0.1:8081")
    return f"{place.scheme}://{place.netloc}"


def _scope(text: str) -> Scope:
    if text not in (Scope.SUPPORT, Scope.ADMIN):
        raise argparse.ArgumentTypeError(f"{text!r} is none of support, admin")
    return Scope(text)


def _link_options(parser: Parser) -> None:
    add = parser.add_argument
    scope = "By support one sees states, by admin (the default) bodies, arguments and answers too, and may act."
    add("--scope", type=_scope, default=Scope.ADMIN, metavar="SCOPE", help=scope)
    place = "The administering port of `serve` is there (default: http://127.0.0.1:8081)."
    add("--url", type=_place, default="http://127.0.0.1:8081", metavar="URL", help=place)
    add("--who", metavar="NAME", help="Who asks, for the log (default: this user).")
    add_store(parser)
    add_json(parser)


def _status_options(parser: Parser) -> None:
    spans = ("1h", "24h", "7d", "30d")
    parser.add_argument("--span", choices=spans, default="1h", help="For so long attempts are counted (default: 1h).")
    add_store(parser)
    add_json(parser)


WINDOW = Command(
    name="window",
    summary="Prints a link to the operations page.",
    description="Prints a link to the operations page of a running `serve`. The link can be used once, within a "
    "minute; whoever uses it is known by a cookie for 8 hours, or until half an hour without a look.",
    example="--scope support",
    add_options=_link_options,
    run=_link,
    arguments=_LinkArguments,
)
STATUS = Command(
    name="status",
    summary="Tells what waits, what is wrong, and how many attempts ended how.",
    description="Tells what the overview of the operations page shows: what waits, what is wrong, and how many "
    "attempts ended how, in a time. `doctor` looks deeper.",
    example="--span 24h --json",
    add_options=_status_options,
    run=_status,
    arguments=_StatusArguments,
)
