"""Every trouble that can be planted in a store is found, and a store without any is well."""

import asyncio
import os
from base64 import b64encode
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from webhooks.doctor.examination import CHECKS, facts
from webhooks.doctor.trouble import Trouble
from webhooks.errors import StoreError
from webhooks.model import Client, PublishedEvent
from webhooks.security.keys import Keyring, Purpose
from webhooks.settings import Settings
from webhooks.store import clients, events, pages, registrations
from webhooks.store.clock import now
from webhooks.store.pages import Filter
from webhooks.store.store import Store
from webhooks.store.tables import ATTEMPTS, COMPOSERS, COMPOSITIONS, DELIVERIES, EVENTS, PROCESSES, REGISTRATIONS

MINUTE = 60_000_000
DAY = 1440 * MINUTE
URL = "https://receiver.example/"


class Patient:
    """A store with one delivery, which is new and not composed yet, and the settings of its service."""

    def __init__(self, store: Store, settings: Settings, keyring: Keyring) -> None:
        self.store, self.settings, self.keyring = store, settings, keyring
        self.change(self._fill)

    def change(self, command: Callable[[Connection], object]) -> None:
        asyncio.run(self.store.write(command))

    def set(self, table: Any, **values: object) -> None:
        self.change(lambda connection: connection.execute(update(table).values(values)))

    def _fill(self, connection: Connection) -> None:
        client = Client(id="A", name="acme", scopes=frozenset())
        made = {"secret_hash": self.keyring.fingerprint("s"), "api_key_hash": self.keyring.fingerprint("k")}
        clients.add(connection, client, **made)
        registrations.put(connection, "A", URL, ["statuschange"], {})
        events.publish(connection, "A", [PublishedEvent(code="statuschange", arguments={"n": "1"})])

    @property
    def delivery_id(self) -> str:
        (found,) = self.store.read_now(lambda connection: pages.find(connection, Filter(client_id="A")).deliveries)
        return found.id

    def attempt(self, started_at: int) -> None:
        row = {"delivery_id": self.delivery_id, "number": 1, "started_at": started_at}
        self.change(lambda connection: connection.execute(insert(ATTEMPTS).values(row)))

    def troubles(self) -> list[Trouble]:
        return [trouble for check in CHECKS.values() for trouble in check(self.store, self.settings)]


@pytest.fixture(params=["sqlite", "postgresql"])
def patient(request: pytest.FixtureRequest, new_database: Any, tmp_path: Path) -> Iterator[Patient]:
    url = new_database(request.param)
    with Store(url) as store:
        yield Patient(store, Settings(data=tmp_path, store=url), Keyring.open(tmp_path / "keys"))


def test_one_without_trouble_is_well(patient: Patient) -> None:
    assert patient.troubles() == []
    revision, states = facts(patient.store)
    assert revision >= "0002"
    assert states["pending"] == 1


def overdue(patient: Patient) -> None:
    patient.set(COMPOSITIONS, state="composed", due_at=None)
    patient.set(DELIVERIES, next_attempt_at=now() - 3 * 60 * MINUTE)


def sending(patient: Patient) -> None:
    patient.set(DELIVERIES, state="sending", attempts=1)
    patient.attempt(now() - 30 * MINUTE)


def not_composed(patient: Patient) -> None:
    patient.set(COMPOSITIONS, due_at=now() - 20 * MINUTE)


def parked(patient: Patient) -> None:
    patient.set(COMPOSITIONS, due_at=None, parked_for="statuschange", reason="no version of its definition is good")


def differing(patient: Patient) -> None:
    """As the doctor tells it, for three processes and seven events."""
    codes = ["statuschange", "partpayment", "dunning", "a", "b", "c", "d"]
    old, new = ([f'{{"event":"{code}","state":"serving","hash":"{digit * 64}"}}' for code in codes] for digit in "12")
    stale = [each.replace("serving", "stale") for each in old]
    for number, versions in enumerate((new, stale, old, new), start=1):
        row = {"host": "web-host", "pid": 4711, "started_at": 0, "read_at": 1, "trouble": None}
        told = row | {"process": number, "definitions": f"[{','.join(versions)}]"}
        patient.change(lambda connection, told=told: connection.execute(insert(COMPOSERS).values(told)))
        alive = {"id": number, "seen_at": now()}
        patient.change(lambda connection, alive=alive: connection.execute(insert(PROCESSES).values(alive)))


def set_back(patient: Patient) -> None:
    patient.set(EVENTS, created_at=now() + 3 * 60 * MINUTE)


def set_back_while_waiting(patient: Patient) -> None:
    patient.set(DELIVERIES, scheduled_at=now() + DAY)


def set_back_after_an_attempt(patient: Patient) -> None:
    patient.attempt(now() + 30 * MINUTE)


def disabled(patient: Patient) -> None:
    patient.set(REGISTRATIONS, disabled_reason="the endpoint answered 410 Gone")


def failing(patient: Patient) -> None:
    patient.set(REGISTRATIONS, failing_since=now() - 2 * MINUTE)
    patient.set(DELIVERIES, failures=2, reason="connect: refused")


def failing_and_dead(patient: Patient) -> None:
    patient.set(REGISTRATIONS, failing_since=now() - 2 * MINUTE)
    patient.set(DELIVERIES, state="dead", ended_at=now() - 60 * DAY, reason="the receiver answered 503")


def dead(patient: Patient) -> None:
    patient.set(DELIVERIES, state="dead", ended_at=now() - 3 * DAY)


def held(patient: Patient) -> None:
    patient.set(REGISTRATIONS, is_paused=True, held_since=now() - 3 * DAY)
    patient.set(DELIVERIES, next_attempt_at=now() - 2 * DAY)


def of_another_key(patient: Patient) -> None:
    other = Keyring([os.urandom(32)])
    patient.set(COMPOSITIONS, body=other.encrypt(Purpose.BODY, b"x", "x"))


def without_key_file(patient: Patient) -> None:
    patient.settings.key_path.unlink()


def open_key_file(patient: Patient) -> None:
    patient.settings.key_path.chmod(0o644)


PLANTED: dict[Callable[[Patient], None], tuple[str, str]] = {
    overdue: ("work", "1 delivery overdue, the longest for 3 hours"),
    sending: ("work", "1 delivery being sent, the longest for 30 minutes"),
    not_composed: ("work", "1 body to be composed and overdue, the longest for 20 minutes"),
    parked: ("composing", "1 body of statuschange cannot be composed now: no version of its definition is good"),
    differing: (
        "processes",
        "for a, b, c, d, dunning and 2 events more: 1 stale, 2 serving, 1 serving another version",
    ),
    set_back: ("clock", "the store has times 3 hours from now"),
    set_back_while_waiting: ("clock", "the store has times 24 hours from now"),
    set_back_after_an_attempt: ("clock", "the store has times 30 minutes from now"),
    failing: ("endpoints", f"{URL} of 'acme' has failed for 2 minutes; 1 delivery tried again: connect: refused"),
    failing_and_dead: (
        "endpoints",
        f"{URL} of 'acme' has failed for 2 minutes; 1 delivery dead: the receiver answered 503",
    ),
    disabled: ("endpoints", f"{URL} of 'acme' is disabled: the endpoint answered 410 Gone"),
    dead: ("dead", f"1 delivery dead, the oldest for 3 days; the last one for {URL} of 'acme'"),
    held: ("held", "1 delivery held, the longest for 2 days"),
    of_another_key: ("keys", "is not among those given, and wrote what is in composition.body"),
    without_key_file: ("keys", "there is no key file"),
    open_key_file: ("keys", "can be read by others (644)"),
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_trouble_is_found_and_alone(patient: Patient, plant: Callable[[Patient], None]) -> None:
    plant(patient)
    check, what = PLANTED[plant]
    (trouble,) = patient.troubles()
    assert trouble.check == check
    assert what in trouble.what
    assert trouble.advice.endswith((".", URL, "EVENT"))
    assert not any(each in str(trouble) for each in ("web-host", "4711", "1111", "2222"))  # for whom that is not


def test_an_endpoint_that_asked_for_time_is_not_overdue(patient: Patient) -> None:
    overdue(patient)
    patient.set(REGISTRATIONS, waits_until=now() + 30 * MINUTE)
    assert patient.troubles() == []


def test_what_died_long_ago_is_no_trouble_any_more(patient: Patient) -> None:
    patient.set(DELIVERIES, state="dead", ended_at=now() - 31 * DAY)
    assert patient.troubles() == []


def test_keys_from_a_variable_need_no_file(patient: Patient) -> None:
    key = patient.settings.key_path.read_text().splitlines()[-1]
    patient.settings.key_path.unlink()
    patient.settings = Settings(data=patient.settings.data, store=patient.settings.store, keys=key)
    assert patient.troubles() == []
    other = b64encode(os.urandom(32)).decode()
    patient.settings = Settings(data=patient.settings.data, store=patient.settings.store, keys=other)
    assert [trouble.check for trouble in patient.troubles()] == ["keys"]
    assert other not in str(patient.troubles())


@pytest.mark.parametrize(("free", "is_trouble"), [(900 << 20, True), (40 << 30, True), (80 << 30, False)])
def test_a_disk_that_fills_is_found(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, free: int, is_trouble: bool
) -> None:
    usage = namedtuple("usage", "total used free")(1000 << 30, 0, free)  # a fake of what the system tells
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert [trouble.check for trouble in patient.troubles()] == ["disk"] * is_trouble


def test_clocks_that_differ_are_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.store.checks.database_time", lambda _: now() - 60 * MINUTE)  # a fake of the database
    assert [trouble.what for trouble in patient.troubles()] == [
        "the clocks of the database and of this machine differ by 60 minutes"
    ]


def test_the_databases_clock_is_asked(patient: Patient) -> None:
    from webhooks.store.checks import database_time

    found = patient.store.read_now(database_time)
    if found is None:
        assert patient.store.read_now(lambda connection: connection.dialect.name) == "sqlite"
    else:
        assert abs(found - now()) < MINUTE


def test_every_check_has_a_planted_trouble() -> None:
    assert {check for check, _ in PLANTED.values()} | {"disk", "store"} == set(CHECKS)


def test_a_single_failure_is_no_trouble(patient: Patient) -> None:
    failing(patient)
    patient.set(DELIVERIES, failures=1)
    assert patient.troubles() == []


def test_a_store_that_cannot_be_written_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_store: Store) -> None:
        raise StoreError("The store cannot write now")

    monkeypatch.setattr(Store, "check", refuse)  # a fake: tests/webhooks/test_durability.py has a disk that is full
    assert [trouble.check for trouble in patient.troubles()] == ["store"]
