"""Definitions: which event has one, how it is served by this process, what waits, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from engine.model import DefinitionStatus
from webhooks.composing.definitions import Definitions
from webhooks.store.browsing import DefinedEvent, defined_events
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
    definitions = desk.definitions
    found = await desk.browse(lambda store: store.read_now(lambda connection: read(connection, definitions)))
    values = {"found": found, "without": len(desk.service.catalogue.events) - len(found)}
    return desk.page(request, "definitions", values, here="/definitions")


def read(connection: Connection, definitions: Definitions) -> Sequence[SeenDefinition]:
    """What is known of each event with a definition: by this process, and by the store."""
    known = {each.event: each for each in defined_events(connection)}
    statuses = definitions.statuses
    return [_seen(event, statuses.get(event), known.get(event)) for event in sorted(known.keys() | statuses.keys())]


def _seen(event: str, status: DefinitionStatus | None, known: DefinedEvent | None) -> SeenDefinition:
    form = None if status is None or status.batch_form is None else status.batch_form.value
    return SeenDefinition(
        event=event,
        state="held" if status is None else status.state.value,
        file=None if status is None else status.file,
        since=None if known is None else known.since,
        form=form if status is None or not status.batch_reason else f"{form}: {status.batch_reason}",
        waiting=0 if known is None else known.waiting,
        reason=(None if status is None else status.reason) or (None if known is None else known.reason),
    )
