"""Definitions: which event has one, what each process has in service, what waits, and why."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from webhooks.definition_list import read
from webhooks.window.desk import Desk


async def show(desk: Desk, request: Request) -> Response:
    """The page."""
    found = await desk.browse(lambda store: store.read_now(read))
    without = sorted(desk.service.catalogue.events.keys() - {each.event for each in found.definitions})
    values = {"found": found, "without": without, "events": len(desk.service.catalogue.events)}
    return desk.page(request, "definitions", values, here="/definitions")
