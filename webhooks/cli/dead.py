"""`aptic-webhooks dead …`: dead deliveries by endpoint and reason, and those of a group sent again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import encode

from engine.commandline.console import Console
from engine.commandline.listing import write_list
from engine.commandline.options import Command, Parser
from webhooks.cli.options import ReportArguments, add_json, add_store, opened
from webhooks.errors import NotFoundError
from webhooks.wording import deliveries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webhooks.store.browsing import DeadGroup
    from webhooks.store.store import Store

_FAILED = 1


class _ReplayArguments(ReportArguments):
    client: str | None
    url: str | None
    reason: str | None


class ReplayedGroup(Struct, frozen=True):
    """What `dead replay --json` prints of a group; `refused` says why what is left of it cannot be sent again."""

    client: str
    url: str
    reason: str
    count: int
    refused: str | None


def _list(arguments: ReportArguments, console: Console) -> int:
    from webhooks.window.dead import read

    with opened(arguments, console) as (store, _):
        groups = read(store)
    if arguments.json:
        console.write_bytes(encode(groups) + b"\n")
        return 0
    rows = [
        (
            each.client,
            each.url,
            f"{each.count:,}",
            f"{each.first:%Y-%m-%d %H:%M}",
            f"{each.last:%Y-%m-%d %H:%M}",
            each.reason,
        )
        for each in groups
    ]
    write_list(console, ("CLIENT", "URL", "DEAD", "FIRST", "LAST", "REASON"), rows)
    if not groups:
        console.write("No delivery is dead.\n")
    return 0


def _replay(arguments: _ReplayArguments, console: Console) -> int:
    from webhooks.window.dead import read

    with opened(arguments, console) as (store, _):
        chosen = [group for group in read(store) if _is_meant(group, arguments)]
        if not chosen:
            raise NotFoundError("No dead delivery is like this: `aptic-webhooks dead list` shows what there is.")
        found = asyncio.run(_replay_each(store, chosen))
    for each in found:
        if arguments.json:
            console.write_bytes(encode(each) + b"\n")
            continue
        refused = f" The others cannot: {each.refused}" if each.refused else ""
        line = f"{each.url} of {each.client}, {each.reason}: {deliveries(each.count)} will be sent again.{refused}"
        console.write(console.result.escape(line) + "\n")
    return _FAILED if any(each.refused for each in found) else 0


def _is_meant(group: DeadGroup, arguments: _ReplayArguments) -> bool:
    pairs = (arguments.client, group.client), (arguments.url, group.url), (arguments.reason, group.reason)
    return all(wanted is None or wanted == there for wanted, there in pairs)


async def _replay_each(store: Store, groups: Sequence[DeadGroup]) -> list[ReplayedGroup]:
    """Sends again what is dead now; what dies meanwhile stays."""
    from webhooks.store.clock import now
    from webhooks.window.dead import replay_all

    found, until = [], now()
    for group in groups:
        count = 0
        while True:
            done = await replay_all(store, group.client_id, group.url, group.reason, until)
            count += done.count
            if done.is_whole or done.refused is not None:
                break
        found.append(ReplayedGroup(group.client, group.url, group.reason, count, done.refused))
    return found


def _list_options(parser: Parser) -> None:
    add_store(parser)
    add_json(parser)


def _replay_options(parser: Parser) -> None:
    parser.add_argument("--client", metavar="NAME", help="Those of this client.")
    parser.add_argument("--url", metavar="URL", help="Those to this URL.")
    parser.add_argument("--reason", metavar="TEXT", help="Those that died for exactly this reason.")
    _list_options(parser)


LIST = Command(
    name="dead list",
    summary="Lists what could not be delivered, by endpoint and reason.",
    description="Lists the newest dead deliveries by client, URL and reason, the largest group first.",
    example="",
    add_options=_list_options,
    run=_list,
    arguments=ReportArguments,
)
REPLAY = Command(
    name="dead replay",
    summary="Sends all dead deliveries of some groups again.",
    description="Sends all dead deliveries again that are of this client, to this URL and dead for this reason, as "
    "`dead list` shows them; without any option all of them. The exit code is 1 where some cannot be sent.",
    example="--client acme --url https://receiver.example/hook",
    add_options=_replay_options,
    run=_replay,
    arguments=_ReplayArguments,
)
