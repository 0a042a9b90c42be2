"""Definitions: which event has one, how it is served by this process, what waits, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from webhooks.composing.definitions import Definitions
from webhooks.store.clock import moment
from webhooks.store.definitions import faults, remembered
from webhooks.store.parking import parked
from webhooks.window.desk import Desk


class SeenDefinition(Struct, frozen=True, kw_only=True):
    """An event that has a definition, or had one. `state` is `serving`, `stale` or `held`."""

    event: str
    state: str
    file: str | None
    since: datetime | None
    """When it was first known to have one."""
    form: str | None
    """How many events at once are composed; with the reason where it is one by one."""
    waiting: int
    reason: str | None


async def show(desk: Desk, request: Request) -> Response:
    """The page."""
    definitions = desk.parts.definitions
    found = await desk.browse(lambda store: store.read_now(lambda connection: read(connection, definitions)))
    values = {"found": found, "without": len(desk.parts.catalogue.events) - len(found)}
    return desk.page(request, "definitions", values, here="/definitions")


def read(connection: Connection, definitions: Definitions) -> Sequence[SeenDefinition]:
    """What is known of each event with a definition: by this process, and by the store."""
    since, faulty = remembered(connection), faults(connection)
    waiting = {each.code: each for each in parked(connection)}
    statuses = definitions.statuses
    seen = []
    for event in sorted(since.keys() | waiting.keys() | faulty.keys() | statuses.keys()):
        status = statuses.get(event)
        why = waiting[event].reason if event in waiting else None
        form = None if status is None or status.batch_form is None else status.batch_form.value
        seen.append(
            SeenDefinition(
                event=event,
                state="held" if status is None else status.state.value,
                file=None if status is None else status.file,
                since=moment(since[event]) if event in since else None,
                form=form if status is None or not status.batch_reason else f"{form}: {status.batch_reason}",
                waiting=waiting[event].count if event in waiting else 0,
                reason=(None if status is None else status.reason) or why or faulty.get(event),
            )
        )
    return seen
