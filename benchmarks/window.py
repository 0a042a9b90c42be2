"""`python -m benchmarks.window`: how long each view of the operations page takes over a store of 1,000,000 deliveries.

It fills stores as `benchmarks.million` does, on SQLite and, by APTIC_TEST_POSTGRES_URL, on PostgreSQL: half of the
deliveries have ended, and the rest waits. Printed are the first look by a process that has just opened the store, and
the median and the 95th percentile of the further ones, with the processor time of this process beside the longest. The
exit status is 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from sqlalchemy import insert, text
from starlette.types import ASGIApp

from benchmarks.million import RARE, Scene, new_url
from engine.body import Body
from engine.catalogue import Catalogue
from engine.encoding import encode_canonical
from webhooks.api.service import Service
from webhooks.composing.definitions import Definitions
from webhooks.example_sends import TestSends
from webhooks.model import DeliveryState, Scope
from webhooks.proxies import Proxies
from webhooks.security.keys import Keyring, Purpose
from webhooks.security.tokens import Tokens
from webhooks.settings import AuthMethod, Settings
from webhooks.store.clock import moment, now
from webhooks.store.compositions import row_name
from webhooks.store.pages import Filter, find
from webhooks.store.store import Store
from webhooks.store.tables import TALLIES
from webhooks.store.tallies import LATENCY_BOUNDS
from webhooks.window.app import build_window
from webhooks.window.entrance import make_token

_LOOKS: Final = 20
_SEARCHES: Final = 4
_LONGEST: Final = 0.3
_FIRST: Final = 1.0
_SEARCH: Final = 1.2
_MINUTE: Final = 60_000_000
_PROCESSES: Final = 4


def main() -> int:
    """Measures each number of deliveries on each kind of store that there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, nargs="+", default=[50_000, 1_000_000])
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="aptic-window-"))
    kinds = ["sqlite", *["postgresql"] * ("APTIC_TEST_POSTGRES_URL" in os.environ)]
    met = []
    print(f"{'store, deliveries and view':<70} {'first':>8} {'median':>8} {'p95':>8} {'processor':>9}")
    try:
        for kind in kinds:
            for count in given.deliveries:
                with new_url(kind, folder) as url:
                    met += list(_measured(url, f"{kind} {count:,}", count, folder))
    finally:
        shutil.rmtree(folder)
    return 0 if all(met) else 1


def _measured(url: str, name: str, count: int, folder: Path) -> Iterator[bool]:
    scene = Scene(url, count // 2, count // 2)
    scene.write(_tallies)
    scene.write(_dead)
    scene.write(_bodies)
    views = _views(scene)
    scene.store.close()
    for view in views:
        with Store(url) as store:
            first, looks = asyncio.run(_look(store, url, folder, view))
        walls, cpus = sorted(wall for wall, _ in looks), sorted(cpu for _, cpu in looks)
        most = _SEARCH if _is_search(view) else _LONGEST
        p95 = walls[math.ceil(len(walls) * 0.95) - 1]
        met = p95 <= most and first[0] <= max(most, _FIRST)
        verdict = "met" if met else f"MISSED: {most:g} s, first {max(most, _FIRST):g} s"
        times = " ".join(f"{seconds * 1000:>5.0f} ms" for seconds in (first[0], walls[len(walls) // 2], p95, cpus[-1]))
        print(f"{f'{name} {view}':<70.70} {times}  {verdict}", flush=True)
        yield met


async def _look(
    store: Store, url: str, folder: Path, view: str
) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """The first look at a view and the further ones, each with its seconds and those of this process' processor."""
    window, key = _window(store, url, folder)
    transport = httpx.ASGITransport(window)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as browser:
        browser.headers["sec-fetch-site"] = "same-origin"
        process = (await browser.get("/entrance")).json()["process"]
        answer = await browser.post("/enter", data={"token": make_token(key, process, "bench", Scope.ADMIN)})
        for name, value in SimpleCookie(answer.headers["set-cookie"]).items():
            browser.cookies.set(name, value.value)
        times = []
        for _ in range((_SEARCHES if _is_search(view) else _LOOKS) + 1):
            began, cpu = time.perf_counter(), time.process_time()
            answer = await browser.get(view)
            times.append((time.perf_counter() - began, time.process_time() - cpu))
            assert answer.status_code == 200, (view, answer.status_code)
        return times[0], times[1:]


def _is_search(view: str) -> bool:
    return "argument=" in view or "body=" in view


def _window(store: Store, url: str, folder: Path) -> tuple[ASGIApp, bytes]:
    """The pages of a service over that store, and what signs links to them."""
    keyring, catalogue = Keyring([b"k" * 32]), Catalogue.load()
    settings = Settings(data=folder, store=url, keys="")
    tests = TestSends(store, keyring, settings)
    given = store, keyring, Tokens(keyring.token_key()), catalogue, frozenset(AuthMethod), Proxies([])
    return build_window(Service(*given, tests), settings, Definitions(catalogue)), keyring.window_key()


def _views(scene: Scene) -> list[str]:
    """Every GET, with the filters that are the hardest for a store."""
    id_ = scene.read(find, Filter(client_id=None, limit=1, state=DeliveryState.DEAD)).deliveries[0].id
    middle = scene.read(find, Filter(client_id=None, limit=1, until=scene.newest + 3_600_000_000)).deliveries[0].id
    shared = [f"/deliveries?state={state}" for state in DeliveryState]
    hour = urlencode({"from": moment(scene.newest).isoformat(), "to": moment(scene.newest + 60 * _MINUTE).isoformat()})
    return [
        "/",
        *(f"/?span={span}" for span in ("24h", "7d", "30d")),
        "/deliveries",
        f"/deliveries?before={middle}",
        *shared,
        f"/deliveries?url={RARE}",
        f"/deliveries?url={RARE}&state=dead",
        "/deliveries?url=https://none.example/",
        "/deliveries?client=ours&state=dead",
        "/deliveries?client=theirs",
        "/deliveries?event=rare",
        "/deliveries?event=statuschange",
        f"/deliveries?{hour}",
        "/deliveries?id=event-7",
        "/deliveries?argument=paymentid=18142",
        "/deliveries?argument=18142",
        "/deliveries?argument=none1",
        "/deliveries?argument=none=1",
        "/deliveries?argument=none=1&client=theirs",
        "/deliveries?body=paymentid=18142",
        "/deliveries?body=none1",
        "/deliveries?body=none1&url=https://none.example/",
        f"/deliveries/{id_}",
        "/dead",
        "/endpoints",
        *(f"/endpoint?id={id_}" for id_ in scene.read(_endpoints)),
        "/definitions",
        "/clients",
    ]


def _endpoints(connection: Any) -> list[int]:
    return list(connection.scalars(text("SELECT id FROM registration ORDER BY id")))


def _bodies(connection: Any) -> None:
    """The newest are such as the service writes: a search decrypts them."""
    newest = connection.scalars(text("SELECT event_sequence FROM composition ORDER BY event_sequence DESC LIMIT 20000"))
    keyring, members = Keyring([b"k" * 32]), {f"member{number}": f"value {number}" for number in range(20)}
    rows = []
    for sequence in newest.all():
        body = Body("statuschange", None, encode_canonical({**members, "paymentid": str(sequence)}))
        sealed = keyring.encrypt(Purpose.BODY, body.dump().encode(), row_name(sequence, 0))
        rows.append({"sequence": sequence, "body": sealed})
    connection.execute(
        text("UPDATE composition SET body = :body WHERE event_sequence = :sequence AND version = 0"), rows
    )


def _dead(connection: Any) -> None:
    """One of fifty that waited has died for one of a few reasons."""
    connection.execute(
        text(
            "UPDATE delivery SET state = 'dead', ended_at = created_at, next_attempt_at = NULL, scheduled_at = NULL,"
            " reason = 'the receiver answered ' || (500 + event_sequence % 7)"
            " WHERE state = 'pending' AND event_sequence % 50 = 3"
        )
    )


def _tallies(connection: Any) -> None:
    """Two days of minutes and a month of hours, of several processes."""
    bounds = [str(bound) for bound in LATENCY_BOUNDS[2:10]]
    kinds = [("attempt", each) for each in ("2xx", "4xx", "5xx", "timeout")] + [("latency", each) for each in bounds]
    spans = [("minute", _MINUTE, 2 * 1440, 0), ("hour", 60 * _MINUTE, 720, 0)]
    spans += [("endpoint", 60 * _MINUTE, 336, id_) for id_ in _endpoints(connection)]
    for series, grain, count, endpoint in spans:
        rows = [
            {"series": series, "endpoint": endpoint, "what": what, "at": (now() // grain - number) * grain}
            | {"outcome": outcome, "process": process, "number": 100, "duration": 4_000_000}
            for number in range(count)
            for what, outcome in kinds
            for process in range(_PROCESSES)
        ]
        connection.execute(insert(TALLIES), rows)


if __name__ == "__main__":
    sys.exit(main())
