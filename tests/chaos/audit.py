"""What is demanded afterwards, of the store and of what the receiver has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from chaos.publishing import EVENTS
from chaos.receiver import noted
from chaos.scene import Scene

_EVENTS = "SELECT sequence, id, event FROM event"
_DELIVERIES = (
    "SELECT delivery.id, event_sequence, delivery.url,"
    " CASE WHEN is_paused AND state IN ('pending', 'composing') THEN 'held' ELSE state END, reason"
    " FROM delivery LEFT JOIN registration ON registration.id = delivery.registration_id"
)
_ENDED = {"delivered", "skipped", "held"}  # nobody removes a URL here, and the schedule is too long to die of


@dataclass
class Audit:
    """The numbers of a row, and in words what was lost or wrong."""

    acknowledged: int = 0
    deliveries: int = 0
    states: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def audit(scene: Scene) -> Audit:
    """To be called when everything has ended."""
    with scene.connected() as connection:
        events = {sequence: (id_, code) for sequence, id_, code in connection.execute(_EVENTS).fetchall()}
        deliveries = connection.execute(_DELIVERIES).fetchall()
        ((jobs,),) = connection.execute("SELECT count(*) FROM job").fetchall()
    received = noted(scene.notes)
    found = Audit(acknowledged=len(scene.load.acknowledged), deliveries=len(deliveries))
    found.states.update(state for _, _, _, state, _ in deliveries)
    found.duplicates = sum(len(digests) - 1 for digests in received.values())
    found.lost += _missing(scene.load.acknowledged, events, deliveries)
    for id_, sequence, url, state, reason in deliveries:
        if (complaint := _complaint(state, events[sequence], received.get(id_))) is not None:
            found.lost.append(f"delivery {id_} to {url}, {state} ({reason}): {complaint}")
    found.wrong += scene.load.wrong + scene.ended
    if unknown := set(received) - {id_ for id_, *_ in deliveries}:
        found.wrong.append(f"{len(unknown)} deliveries were received that the store does not know")
    if jobs:
        found.wrong.append(f"{jobs} jobs were left over")
    return found


def _missing(acknowledged: dict[str, str], events: dict[int, tuple[str, str]], deliveries: list[Any]) -> Iterator[str]:
    stored = Counter(id_ for id_, _ in events.values())
    for id_ in acknowledged:
        if stored[id_] != 1:
            yield f"event {id_} was acknowledged and is there {stored[id_]} times"
    paths = Counter((sequence, "/" + url.rpartition("/")[2]) for _, sequence, url, _, _ in deliveries)
    for sequence, (id_, code) in events.items():
        for path in EVENTS[code].paths:
            if paths[sequence, path] != 1:
                yield f"event {id_} has {paths[sequence, path]} deliveries to {path}"


def _complaint(state: str, event: tuple[str, str], digests: list[str] | None) -> str | None:
    id_, code = event
    if state not in _ENDED:
        return "it has not come to its end"
    if state == "delivered" and not digests:
        return "the receiver does not have it"
    body = EVENTS[code].body(id_)
    if digests and (body is None or set(digests) != {sha256(body).hexdigest()}):
        return "the receiver has other bytes"
    if (state == "skipped") != (body is None):
        return "only what the definition skips is skipped"
    return None
