"""Clients: who they are, what they may do, and what they have registered."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from webhooks.store import browsing, clients
from webhooks.store.clock import now
from webhooks.store.store import Store
from webhooks.window.desk import Desk


async def show(desk: Desk, request: Request) -> Response:
    """The page."""

    def read(store: Store) -> object:
        """Each client with the number of its endpoints."""
        endpoints = Counter(each.client_id for each in store.read_now(lambda found: browsing.endpoints(found, now())))
        return [(client, endpoints[client.id]) for client in store.read_now(clients.every)]

    return desk.page(request, "clients", {"found": await desk.browse(read)}, here="/clients")
