"""Clients: who they are, what they may do, and what they have registered."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from webhooks.model import Client
from webhooks.store import browsing, clients
from webhooks.store.clock import now
from webhooks.store.store import Store
from webhooks.window.desk import MOST_SHOWN, Desk, has, sought


async def show(desk: Desk, request: Request) -> Response:
    """The page."""

    def read(store: Store) -> list[tuple[Client, int]]:
        """Each client with the number of its endpoints."""
        endpoints = Counter(each.client_id for each in store.read_now(lambda found: browsing.endpoints(found, now())))
        return [(client, endpoints[client.id]) for client in store.read_now(clients.every)]

    every, find = await desk.browse(read), sought(request)
    known = [each for each in every if has(find, each[0].name, each[0].id)]
    values = {"found": known[:MOST_SHOWN], "count": len(known), "find": find, "total": len(every)}
    return desk.page(request, "clients", values, here="/clients")
