"""`python -m benchmarks.million`: what each thing costs with 1,000,000 deliveries queued, beside 1,000.

It fills stores by SQL, on SQLite and, by APTIC_TEST_POSTGRES_URL, on PostgreSQL; `--ended N` puts deliveries that have
ended behind them. What is printed is processor time: of this process, and of the server's process for its connection.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, select, text

from benchmarks.backends import Backends
from benchmarks.temporary import empty_database
from webhooks import housekeeping
from webhooks.doctor import examination
from webhooks.errors import ServiceError
from webhooks.model import MOST_COUNTED, Client, DeliveryState, PublishedEvent, Scope
from webhooks.settings import Settings
from webhooks.store import attempts, clients, events, holding, jobs, pages, registrations, results, timing
from webhooks.store.clock import first_id, now
from webhooks.store.ended_attempts import EndedAttempt
from webhooks.store.ended_attempts import write as write_ended
from webhooks.store.jobs import Job, Kind
from webhooks.store.pages import Filter
from webhooks.store.results import Composed
from webhooks.store.store import Store
from webhooks.store.tables import DELIVERIES

_FEW: Final = 1000
_MANY: Final = 1_000_000
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND
_FULL, RARE, _LIVE = (f"https://{name}.example/hook" for name in ("full", "rare", "live"))
_RARE: Final = 20  # deliveries for the rare URL, and as many dead ones, in each store
_OURS: Final = "10000000-0000-4000-8000-000000000001"
_THEIRS: Final = "10000000-0000-4000-8000-000000000002"
_LIMIT: Final = 1.2
_NOISE: Final = 2.0  # milliseconds
_PAGE: Final = 50.0  # milliseconds
_TURNS: Final = 5

_ID = {
    "sqlite": "substr(printf('%012x', at / 1000), 1, 8) || '-' || substr(printf('%012x', at / 1000), 9, 4) || '-7'"
    " || printf('%03x', (at % 1000) * 4096 / 1000) || '-8000-' || printf('%012x', n)",
    "postgresql": "substr(lpad(to_hex(at / 1000), 12, '0'), 1, 8) || '-'"
    " || substr(lpad(to_hex(at / 1000), 12, '0'), 9, 4) || '-7'"
    " || lpad(to_hex((at % 1000) * 4096 / 1000), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0')",
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE counted(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM counted WHERE n < :last)"
    " SELECT n, :at + (n - :first) * :step AS at FROM counted",
    "postgresql": "SELECT n, CAST(:at AS bigint) + (n - CAST(:first AS bigint)) * CAST(:step AS bigint) AS at"
    " FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS counted (n)",
}
_ARGUMENTS: Final = """'{"paymentid"\\:"' || n || '","ledgeraccountid"\\:"' || (n % 1000) || '"}'"""
_DIGEST = {"sqlite": "randomblob(32)", "postgresql": "decode(md5(CAST(n AS text)), 'hex')"}
_BODY = {"sqlite": "randomblob(300)", "postgresql": "decode(repeat(md5(CAST(n AS text)), 19), 'hex')"}


class Scene:
    """A store with so many deliveries queued for one endpoint, and so many ended ones behind them."""

    def __init__(self, url: str, queued: int, ended: int) -> None:
        self.url, self.queued = url, queued
        self.store = Store(url)
        self.dialect = sqlalchemy.make_url(url).get_backend_name()
        self.newest = now() - _DAY
        self.is_tried = False
        self._server = Backends(url) if self.dialect == "postgresql" else None
        self._clients()
        with self.store._engine.connect() as connection, _quickly(connection):  # noqa: SLF001  the store has no bulk load
            if ended:
                self._fill(connection, ended, first=1, at=self.newest - 60 * _DAY, is_ended=True)
            self._fill(connection, queued, first=ended + 1, at=self.newest, is_ended=False)
        self._settle()

    def write(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        def command(connection: Connection) -> Any:
            """What is asked for, undone where it is only tried."""
            result = function(connection, *given, **named)
            if self.is_tried:
                raise _UndoneError("tried")
            return result

        with contextlib.suppress(_UndoneError):
            return asyncio.run(self.store.write(command))

    def spent(self, operation: Operation) -> tuple[float, float]:
        """Its processor time, of this process and of the server's for its database, and how long it took, in ms."""
        server = 0.0 if self._server is None else self._server.cpu()
        began, ours = time.perf_counter(), time.process_time()
        operation(self)
        ours, took = time.process_time() - ours, time.perf_counter() - began
        server = 0.0 if self._server is None else self._server.cpu() - server
        return (ours + server) * 1000, took * 1000

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.store.close()

    def read(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return self.store.read_now(lambda connection: function(connection, *given, **named))

    def _clients(self) -> None:
        for id_, name in ((_OURS, "ours"), (_THEIRS, "theirs")):
            client = Client(id=id_, name=name, scopes=frozenset({Scope.WEBHOOKS}))
            self.write(clients.add, client, secret_hash=id_.encode(), api_key_hash=name.encode())
        for client_id, url, code in ((_OURS, _FULL, "full"), (_THEIRS, RARE, "rare"), (_THEIRS, _LIVE, "live")):
            self.write(registrations.put, client_id, url, [code], {})

    def _fill(self, connection: Connection, count: int, *, first: int, at: int, is_ended: bool) -> None:
        numbers = f"({_NUMBERS[self.dialect]}) AS made"
        given = {"first": first, "last": first + count - 1, "at": at, "step": _DAY // 2 // count or 1}
        ids = {
            url: connection.scalar(text("SELECT id FROM registration WHERE url = :url"), {"url": url})
            for url in (_FULL, RARE)
        }
        place = f"(n - {first}) % {count // _RARE}"
        rare, dead = ("false", "false") if is_ended else (f"({place} = 7)", f"({place} = 8)")
        state = "'delivered'" if is_ended else f"CASE WHEN {dead} THEN 'dead' ELSE 'pending' END"
        ended = "at" if is_ended else f"CASE WHEN {dead} THEN at END"
        due = "NULL" if is_ended else f"CASE WHEN NOT {dead} THEN at END"
        data, body = ("NULL", "NULL") if is_ended else (_ARGUMENTS, _BODY[self.dialect])
        made_events = (
            "INSERT INTO event (sequence, id, publisher_id, event, arguments, digest, state, created_at)"
            f" SELECT n, 'event-' || n, 'x', CASE WHEN {rare} THEN 'rare' ELSE 'full' END,"
            f" {data}, {_DIGEST[self.dialect]}, 'accepted', at FROM {numbers}"
        )
        made_bodies = (
            "INSERT INTO composition (event_sequence, version, state, body)"
            f" SELECT n, 0, 'composed', {body} FROM {numbers}"
        )
        made_deliveries = (
            "INSERT INTO delivery (id, event_sequence, version, client_id, registration_id, event, url, state,"
            " created_at, next_attempt_at, scheduled_at, attempts, failures, ended_at)"
            f" SELECT {_ID[self.dialect]}, n, 0, CASE WHEN {rare} THEN '{_THEIRS}' ELSE '{_OURS}' END,"
            f" CASE WHEN {rare} THEN {ids[RARE]} ELSE {ids[_FULL]} END, CASE WHEN {rare} THEN 'rare' ELSE 'full' END,"
            f" CASE WHEN {rare} THEN '{RARE}' ELSE '{_FULL}' END, {state}, at, {due}, {due}, 0, 0, {ended}"
            f" FROM {numbers}"
        )
        for statement in (made_events, made_bodies, made_deliveries):
            connection.execute(text(statement), given)
            connection.commit()

    def _settle(self) -> None:
        """As the database is after a while: with statistics and a small log."""
        with self.store._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # noqa: SLF001
            if self.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.connection.driver_connection.answers_within = 10_000  # type: ignore[union-attr]
                connection.exec_driver_sql(
                    "SELECT setval(pg_get_serial_sequence('event', 'sequence'), max(sequence)) FROM event"
                )
                connection.exec_driver_sql("SET statement_timeout = 0")
                connection.exec_driver_sql("VACUUM ANALYZE")


_TABLES: Final = "('event', 'composition', 'delivery')"
_INDEXES: Final = {
    "sqlite": f"SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name IN {_TABLES} AND sql IS NOT NULL",
    "postgresql": f"""
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename IN {_TABLES} AND indexname NOT IN (SELECT conname FROM pg_constraint)""",
}
_SETTINGS: Final = {
    "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA cache_size = -500000"),
    "postgresql": (
        "SET statement_timeout = 0",
        "SET session_replication_role = replica",
        "SET maintenance_work_mem = '1GB'",
    ),
}


@contextlib.contextmanager
def _quickly(connection: Connection) -> Iterator[None]:
    """Rows come without a look at what they refer to, and before the indexes that are no constraints."""
    dialect = connection.dialect.name
    driver: Any = connection.connection.driver_connection
    if dialect == "postgresql":
        driver.answers_within = 10_000
    for setting in _SETTINGS[dialect]:
        driver.execute(setting)
    indexes = [tuple(row) for row in connection.execute(text(_INDEXES[dialect]))]
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    connection.commit()
    yield
    for _, definition in indexes:
        connection.exec_driver_sql(definition)
    connection.commit()
    connection.invalidate()  # no other may get its settings


class _UndoneError(ServiceError):
    """Has the writer undo what a command did."""


Operation = Callable[[Scene], object]


def _find(**wanted: Any) -> Operation:
    return lambda scene: scene.read(pages.find, Filter(**{"client_id": _OURS, "limit": 100, **wanted}))


def _middle(scene: Scene) -> str:
    return first_id(scene.newest + _DAY // 4)


def _id_of(scene: Scene, url: str) -> int:
    query = text("SELECT id FROM registration WHERE url = :url")
    found: int = scene.read(lambda connection: connection.scalar(query, {"url": url}))
    return found


def _intake(scene: Scene) -> None:
    scene.write(events.publish, "x", [PublishedEvent(code="live", arguments={"a": "b"}) for _ in range(100)])


def _deliver(scene: Scene) -> None:
    """Publishes, composes and delivers a hundred, as composing and the dispatcher write it."""
    ids = scene.write(events.publish, "x", [PublishedEvent(code="live", arguments={"a": "b"}) for _ in range(100)])
    with_ids = [scene.read(events.by_id, "x", id_).sequence for id_ in ids]
    composed = [Composed(sequence=each, version=0, body=b"x" * 300, code=None) for each in with_ids]
    taken = [Job(Kind.COMPOSE, f"{each}/0", 0) for each in with_ids]
    scene.write(results.write, composed, taken, at=now())
    keys = scene.read(_of_events, with_ids)
    scene.read(attempts.look, keys)
    begun = scene.write(attempts.begin, keys, now())
    assert len(begun) == 100
    scene.write(
        write_ended,
        [
            EndedAttempt(
                id=each.id,
                attempt=each.attempt,
                registration_id=each.endpoint.id,
                state=DeliveryState.DELIVERED,
                reason=None,
                failures=0,
                at=now(),
                duration=1000,
                status=200,
                answer=b"x" * 40,
            )
            for each in begun
        ],
    )


def _of_events(connection: Connection, sequences: list[int]) -> list[str]:
    return list(connection.scalars(select(DELIVERIES.c.id).where(DELIVERIES.c.event_sequence.in_(sequences))))


def _sweep(scene: Scene) -> None:
    from webhooks.dispatch.sweep import Sweep  # noqa: PLC0415

    asyncio.run(Sweep(scene.store).sweep())


def _metrics(scene: Scene) -> None:
    from webhooks.store.depth import read_depth  # noqa: PLC0415

    scene.read(read_depth)


def _doctor(scene: Scene) -> None:
    settings = Settings(data=Path(tempfile.gettempdir()), store=scene.url, keys="0" * 64)
    for name, check in examination.CHECKS.items():
        if name not in ("disk", "keys", "store"):
            list(check(scene.store, settings))
    examination.facts(scene.store)


def _names(scene: Scene) -> None:
    from webhooks.store import checks  # noqa: PLC0415

    scene.read(checks.all_key_names)


def _tidy(scene: Scene) -> None:
    asyncio.run(housekeeping.Housekeeping(scene.store, keep_data=30, keep_attempts=13).tidy(now()))


def _start(scene: Scene) -> None:
    with Store(scene.url) as store:
        store.read_now(clients.every)
        store.read_now(lambda connection: jobs.missing(connection, now(), 1000))
        asyncio.run(store.write(lambda connection: timing.mend(connection, now(), 3600 * _SECOND)))


def _set_paused(scene: Scene, *, is_paused: bool) -> None:
    scene.write(registrations.set_paused, _OURS, _FULL, is_paused=is_paused)


def _pause(scene: Scene) -> None:
    _set_paused(scene, is_paused=True)


def _resume(scene: Scene) -> None:
    _set_paused(scene, is_paused=False)


def _remove(scene: Scene) -> None:
    scene.write(registrations.remove, _OURS, _FULL, None)


OPERATIONS: Final[dict[str, Operation]] = {
    "start": _start,
    "intake of 100": _intake,
    "publish, compose and deliver 100": _deliver,
    "sweep": _sweep,
    "page: first": _find(),
    "page: first, everybody's": _find(client_id=None),
    "page: deep": lambda scene: _find(before=_middle(scene))(scene),
    **{f"page: {state}": _find(state=state) for state in DeliveryState},
    **{f"page: {state}, everybody's": _find(state=state, client_id=None) for state in ("dead", "delivered", "held")},
    "page: the full URL": _find(url=_FULL),
    "page: a rare URL": _find(url=RARE, client_id=None),
    "page: a rare endpoint": lambda scene: _find(registration_id=_id_of(scene, RARE), client_id=None)(scene),
    "page: no such URL": _find(url="https://none.example/"),
    "page: an event without deliveries": _find(event="none"),
    "page: dead of the full URL": _find(url=_FULL, state=DeliveryState.DEAD),
    "page: delivered of the rare URL": _find(url=RARE, state=DeliveryState.DELIVERED, client_id=None),
    "page: a time": lambda scene: _find(since=scene.newest + _DAY // 8, until=scene.newest + _DAY // 4)(scene),
    "page: dead of a time": lambda scene: _find(
        since=scene.newest + _DAY // 8, until=scene.newest + _DAY // 4, state=DeliveryState.DEAD
    )(scene),
    "/metrics": _metrics,
    "doctor": _doctor,
    "doctor: names of keys": _names,
    "page: an argument": _find(argument=("paymentid", "18142"), client_id=None),
    "retention, the first pass": _tidy,
    "retention, after another start": _tidy,
    "pause": _pause,
    "page: first, while paused": _find(),
    "page: held, while paused": _find(state=DeliveryState.HELD),
    "/metrics, while paused": _metrics,
    "sweep, while paused": _sweep,
    "resume": _resume,
    "sweep, after the resumption": _sweep,
    "removal": _remove,
    "page: first, after the removal": _find(),
    "page: cancelled, after the removal": _find(state=DeliveryState.CANCELLED),
    "sweep, after the removal": _sweep,
}
_STEPS: Final = {
    "retention, the first pass": "in steps of 2,000 that have ended",
    "sweep, after the resumption": "in steps, for a second at most",
    "sweep, after the removal": "in steps, for a second at most",
}
_ONCE: Final = ("pause", "resume", "removal")  # four times they are undone


def measured(scenes: Sequence[Scene], only: str) -> dict[str, list[tuple[float, float]]]:
    """By operation its processor time and how long it took, for each scene, in milliseconds: the least of five.

    Scenes take turns, so that what else the machine does is the same for all.
    """
    found = {}
    for name, operation in OPERATIONS.items():
        if only not in name:
            continue
        times: list[list[tuple[float, float]]] = [[] for _ in scenes]
        for turn in range(_TURNS if name not in _STEPS else 1):
            for scene, seen in zip(scenes, times, strict=True):
                scene.is_tried = name in _ONCE and turn < _TURNS - 1
                seen.append(scene.spent(operation))
        found[name] = [(min(cpu for cpu, _ in seen), min(took for _, took in seen)) for seen in times]
        print(f"  {name:<36}", *(f"{cpu:>10.2f} in {took:.2f} ms" for cpu, took in found[name]), flush=True)
    return found


@contextlib.contextmanager
def new_url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        path = folder / f"store-{time.monotonic_ns()}"
        yield f"sqlite:///{path}"
        for each in folder.glob(f"{path.name}*"):
            each.unlink()
    else:
        with empty_database(os.environ["APTIC_TEST_POSTGRES_URL"]) as url:
            yield url


def _compared(kind: str, folder: Path, given: argparse.Namespace) -> None:
    with contextlib.ExitStack() as closing:
        scenes = []
        for queued, ended in ((_FEW, 0), (given.queued, given.ended)):
            began = time.perf_counter()
            scene = Scene(closing.enter_context(new_url(kind, folder)), queued, ended)
            closing.callback(scene.close)
            scenes.append(scene)
            took = time.perf_counter() - began
            print(f"{kind}: {queued:,} queued, {ended:,} ended, filled in {took:.0f} s", flush=True)
        found = measured(scenes, given.only)
    print(f"{'processor time in ms':<48} {_FEW:>10,} {given.queued:>10,}  ratio")
    for name, ((few, _), (many, took)) in found.items():
        ratio = many / max(few, 0.01)
        verdict = _verdict(name, few, many)
        print(f"{kind + ' ' + name:<48} {few:>10.2f} {many:>10.2f} {ratio:>6.1f}  {took:>8.0f} ms  {verdict}")


def _verdict(name: str, few: float, many: float) -> str:
    if name in _STEPS:
        return _STEPS[name]
    if many <= max(few * _LIMIT, few + _NOISE):
        return ""
    if name.startswith("page") and many <= _PAGE:
        return f"bounded: of {pages.MOST_SEEN:,} at most"
    if name.startswith("/metrics") and many <= _PAGE:
        return f"bounded: of each state {MOST_COUNTED:,} are counted at most"
    if name in ("resume", "removal") and many <= _PAGE:
        return f"bounded: of {holding.PART:,} at once, the sweep does the others"
    return "grows"


def main() -> int:
    """Fills and measures, for each kind of store that there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queued", type=int, default=_MANY)
    parser.add_argument("--ended", type=int, default=0)
    parser.add_argument("--kind", choices=("sqlite", "postgresql"))
    parser.add_argument("--only", default="", help="measures only what has this in its name")
    given = parser.parse_args()
    kinds = [given.kind] if given.kind else ["sqlite", *["postgresql"] * ("APTIC_TEST_POSTGRES_URL" in os.environ)]
    folder = Path(tempfile.mkdtemp(prefix="aptic-million-"))
    try:
        for kind in kinds:
            _compared(kind, folder, given)
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
