"""What may be done from the window: the same as by the command line, each written to the log with who and what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from pages.rendering import duration
from webhooks.definition_list import read
from webhooks.errors import NotFoundError, RefusedError
from webhooks.model import DeliveryState
from webhooks.store import clients, deliveries
from webhooks.store import definitions as stored
from webhooks.store.browsing import SeenEndpoint
from webhooks.store.registrations import set_paused
from webhooks.window.dead import replay_all
from webhooks.window.deliveries import query_of
from webhooks.window.desk import Desk, note, read_form, see_other, visitor_of
from webhooks.window.endpoints import existing
from webhooks.wording import deliveries as many_deliveries

_REPLAYED: Final = "It is being sent again; what becomes of it is shown here."
_RECOMPOSED: Final = "It is being sent again, with a body composed afresh; what becomes of it is shown here."


async def replay(desk: Desk, request: Request) -> Response:
    """Sends a delivery that has ended again."""
    return await _again(desk, request, recompose=False)


async def recompose(desk: Desk, request: Request) -> Response:
    """Composes a delivery's body afresh and sends it under a new id."""
    return await _again(desk, request, recompose=True)


async def _again(desk: Desk, request: Request, *, recompose: bool) -> Response:
    id_ = request.path_params["id"]
    note(request, "recomposes a delivery" if recompose else "replays a delivery", delivery=id_)
    again = await desk.service.store.write(
        lambda connection: deliveries.replay(connection, None, id_, recompose=recompose)
    )
    told = _RECOMPOSED if recompose else _REPLAYED
    if again.state is DeliveryState.HELD:
        told = f"It is not sent yet: {again.reason}. It is sent once that is over."
    visitor_of(request).told = told
    return see_other(f"/deliveries/{quote(again.id)}{query_of(request)}")


async def replay_group(desk: Desk, request: Request) -> Response:
    """Sends all dead deliveries of a group again."""
    form = await read_form(request)
    client_id, url, reason = (form.get(name, "") for name in ("client", "url", "reason"))
    until = form.get("until", "")
    if not until.isdecimal() or len(until) > 18:
        raise RefusedError("The form is not whole: load the page again.")
    note(request, f"replays what died for {url}: {reason}")
    done = await replay_all(desk.service.store, client_id, url, reason, int(until))
    told = f"{many_deliveries(done.count)} will be sent again."
    if done.refused:
        told += f" The others cannot: {done.refused}"
    elif not done.is_whole:
        told += " There are more: replay them again."
    visitor_of(request).told = told
    return see_other("/dead")


async def pause(desk: Desk, request: Request) -> Response:
    """Holds what is for an endpoint."""
    return await _set_paused(desk, request, is_paused=True)


async def resume(desk: Desk, request: Request) -> Response:
    """Sends what is for an endpoint again."""
    return await _set_paused(desk, request, is_paused=False)


async def _set_paused(desk: Desk, request: Request, *, is_paused: bool) -> Response:
    endpoint = await _endpoint(desk, await read_form(request))
    note(request, f"{'pauses' if is_paused else 'resumes'} {endpoint.url} of {endpoint.client}")
    await desk.service.store.write(
        partial(set_paused, client_id=endpoint.client_id, url=endpoint.url, is_paused=is_paused)
    )
    visitor_of(request).told = (
        "It is paused: what is for it is held, for 30 days."
        if is_paused
        else "It is resumed: what waits for it is sent within seconds."
    )
    return see_other(f"/endpoint?id={endpoint.id}")


async def test(desk: Desk, request: Request) -> Response:
    """Sends an event's example to an endpoint, once."""
    form = await read_form(request)
    endpoint, event = await _endpoint(desk, form), form.get("event", "")
    note(request, f"sends a test of {event} to {endpoint.url} of {endpoint.client}")
    client = await desk.service.store.read(lambda connection: clients.by_id(connection, endpoint.client_id))
    if client is None:
        raise NotFoundError("There is no such client any more.")
    example = desk.service.examples.current.get(event)
    outcome = await desk.service.tests.send(client, endpoint.url, event, example, sees_restricted=True)
    said = f"it answered {outcome.status}" if outcome.status is not None else f"{outcome.error}: {outcome.detail}"
    answer = f" It said: {outcome.answer}" if outcome.answer else ""
    arrived = "The test arrived" if outcome.delivered else "The test did not arrive"
    visitor_of(request).told = f"{arrived}: {said}, after {duration(outcome.duration)}.{answer}"
    return see_other(f"/endpoint?id={endpoint.id}")


async def disable(desk: Desk, request: Request) -> Response:
    """Lets a client in no more, and holds what is for it."""
    return await _set_disabled(desk, request, is_disabled=True)


async def enable(desk: Desk, request: Request) -> Response:
    """Lets a client in again."""
    return await _set_disabled(desk, request, is_disabled=False)


async def _set_disabled(desk: Desk, request: Request, *, is_disabled: bool) -> Response:
    name = (await read_form(request)).get("name", "")
    note(request, f"{'disables' if is_disabled else 'enables'} the client {name}")
    await desk.service.store.write(partial(clients.set_disabled, name=name, is_disabled=is_disabled))
    visitor_of(request).told = (
        f"{name} is disabled: its credentials are refused, and what is for it is held, for 30 days."
        if is_disabled
        else f"{name} is enabled: its credentials are good again, and what was held for it is sent."
    )
    return see_other("/clients")


async def accept(desk: Desk, request: Request) -> Response:
    """Has an event sent with the default body, as its definition is gone on purpose."""
    event = (await read_form(request)).get("event", "")
    found = await desk.browse(lambda store: store.read_now(read))
    in_service = {each.event for each in found.definitions if any(version.hash for version in each.versions)}
    if event in desk.definitions.named | in_service:
        raise RefusedError(
            f"There is a definition of {event}: remove the file first, and have each process read the folder again."
        )
    note(request, f"accepts that {event} has no definition")
    if not await desk.service.store.write(partial(stored.forget, event=event)):
        raise NotFoundError(f"No definition of {event!r} is remembered.")
    visitor_of(request).told = f"{event} is sent with the default body from now on."
    return see_other("/definitions")


async def _endpoint(desk: Desk, form: Mapping[str, str]) -> SeenEndpoint:
    return await desk.browse(lambda store: existing(store, form.get("id", "")))
