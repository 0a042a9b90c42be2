"""What a store remembers of an endpoint that took deliveries, failed, or asked for time."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from webhooks.model import Client
from webhooks.store import endpoints
from webhooks.store.endpoints import News
from webhooks.store.tables import REGISTRATIONS

URL = "https://receiver.example/"


@pytest.mark.parametrize("before", [(None, None), (10, 50)])
@pytest.mark.parametrize(
    ("has_taken", "failed_at", "waits_until", "after"),
    [
        (False, 30, None, {(None, None): (30, None), (10, 50): (10, 50)}),
        (True, None, None, {(None, None): (None, None), (10, 50): (None, 50)}),
        (True, 30, None, {(None, None): (30, None), (10, 50): (30, 50)}),
        (False, 30, 40, {(None, None): (30, 40), (10, 50): (10, 50)}),
        (False, 30, 60, {(None, None): (30, 60), (10, 50): (10, 60)}),
        (False, None, 60, {(None, None): (None, 60), (10, 50): (10, 60)}),
        (False, None, None, {(None, None): (None, None), (10, 50): (10, 50)}),
        (True, None, 60, {(None, None): (None, 60), (10, 50): (None, 60)}),
    ],
)
def test_what_is_told_of_it(
    register: Callable[..., Any],
    read: Callable[..., Any],
    write: Callable[..., Any],
    new_client: Callable[..., Client],
    before: tuple[int | None, int | None],
    has_taken: bool,
    failed_at: int | None,
    waits_until: int | None,
    after: dict[Any, tuple[int | None, int | None]],
) -> None:
    client, other = new_client(), new_client()
    ids = []
    for each in (client, other):
        register(each, URL, "a")
        its_own = REGISTRATIONS.c.client_id == each.id
        ids.append(read(lambda c, its_own=its_own: c.scalar(select(REGISTRATIONS.c.id).where(its_own))))
        values = {"failing_since": before[0], "waits_until": before[1]}
        write(lambda c, its_own=its_own, values=values: c.execute(update(REGISTRATIONS).where(its_own).values(values)))
    news = News(registration_id=ids[0], has_taken=has_taken, failed_at=failed_at, waits_until=waits_until)
    write(endpoints.tell, [news])
    found = [read(row, id_) for id_ in ids]
    assert found == [after[before], before]


def row(connection: Any, id_: int) -> tuple[Any, ...]:
    columns = REGISTRATIONS.c.failing_since, REGISTRATIONS.c.waits_until
    return tuple(connection.execute(select(*columns).where(REGISTRATIONS.c.id == id_)).one())
