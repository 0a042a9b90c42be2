"""Looks for trouble in a service, whether it is running or not, and says what is wrong and what to do about it."""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from webhooks.definition_list import ServedVersion, read
from webhooks.doctor.trouble import Trouble
from webhooks.errors import ServiceError, StoreError
from webhooks.process.state import keyring_of
from webhooks.security.keys import Keyring
from webhooks.settings import Settings, is_there
from webhooks.store import checks, parking, soundness
from webhooks.store.checks import Found
from webhooks.store.clock import MICROSECONDS_PER_DAY, now
from webhooks.store.depth import read_depth
from webhooks.store.store import Store
from webhooks.wording import bodies, counted, deliveries

_MINUTE_MICROSECONDS: Final = 60_000_000
_LATE_MICROSECONDS: Final = 10 * _MINUTE_MICROSECONDS
_SLACK_MICROSECONDS: Final = 5_000_000
_LONG_HELD_MICROSECONDS: Final = MICROSECONDS_PER_DAY
_LEAST_SPACE_BYTES: Final = 1 << 30
_LEAST_SPACE_FRACTION: Final = 0.05
_MOST_NAMED: Final = 5  # events in one trouble
_DAMAGED: Final = (
    "If it is damaged, stop the service, keep a copy of the store, look at the disk, and restore the last backup that "
    "is sound."
)


Check = Callable[[Store, Settings], Iterator[Trouble]]


def facts(store: Store) -> tuple[str, dict[str, int]]:
    """The version of the tables, and how many deliveries are in which state, counted to a few thousand each."""
    depth = store.read_now(read_depth)
    return store.read_now(checks.revision), {state.value: count for state, count in depth.deliveries.items()}


def _store(store: Store, _settings: Settings) -> Iterator[Trouble]:
    try:
        asyncio.run(store.check())
    except StoreError as error:
        yield Trouble("store", error.message, "Make room, or give this user the right to write to it.")
    try:
        asyncio.run(store.prove())
        found = store.with_transaction(soundness.own_check, is_reading=True)
    except StoreError as error:
        found = [error.message]
    for fault in found:
        yield Trouble("store", fault, _DAMAGED)


def examine(store: Store, settings: Settings, names: Sequence[str] = ()) -> Iterator[Trouble]:
    """Makes the checks of these names, or all.

    A check that cannot be made counts as a trouble, and does not stop the others.
    """
    for name, check in CHECKS.items():
        if names and name not in names:
            continue
        try:
            yield from check(store, settings)
        except StoreError as error:
            yield Trouble(name, error.message, "See what is wrong with the store.")


def _keys(store: Store, settings: Settings) -> Iterator[Trouble]:
    try:
        keyring: Keyring | None = keyring_of(settings, is_new=False)
    except ServiceError as error:
        keyring = None
        yield Trouble("keys", error.message, "Put the keys back from the backup: without them nothing can be read.")
    for name, places in store.read_now(checks.all_key_names).items():
        if keyring is not None and not keyring.knows(name):
            yield Trouble(
                "keys",
                f"the key {name.hex()} is not among those given, and wrote what is in {', '.join(places)}",
                "Put that key back, behind the newest: what it wrote cannot be read or sent without it.",
            )
    if settings.keys is None and is_there(settings.key_path):
        mode = stat.S_IMODE(settings.key_path.stat().st_mode)
        if mode & 0o077:
            yield Trouble("keys", f"{settings.key_path} can be read by others ({mode:o})", "Run chmod 600 on it.")


def _clock(store: Store, _settings: Settings) -> Iterator[Trouble]:
    here = now()
    ahead = store.read_now(checks.latest_time) - here
    if ahead > _SLACK_MICROSECONDS:
        yield Trouble(
            "clock",
            f"the store has times {_duration(ahead)} from now: the clock was set back, or is another machine's",
            "Set the clock by NTP. What waits for such a time is mended by the running service.",
        )
    there = store.read_now(checks.database_time)
    if there is not None and abs(there - here) > _SLACK_MICROSECONDS:
        yield Trouble(
            "clock",
            f"the clocks of the database and of this machine differ by {_duration(abs(there - here))}",
            "Set both by NTP.",
        )


def _work(store: Store, _settings: Settings) -> Iterator[Trouble]:
    before = now() - _LATE_MICROSECONDS
    for query, words, what in (
        (checks.overdue, deliveries, "overdue"),
        (checks.stuck_sending, deliveries, "being sent"),
        (checks.stuck_composing, bodies, "to be composed and overdue"),
    ):
        found = store.read_now(partial(query, before=before))
        if found.count:
            yield Trouble(
                "work",
                f"{_many(words, found.count)} {what}, the longest for {_age(found)}",
                "See whether serve or worker runs, and its log: the store, a receiver or the ledger may be slow.",
            )


def _parked(store: Store, _settings: Settings) -> Iterator[Trouble]:
    for each in store.read_now(parking.parked):
        if each.reason is not None:
            yield Trouble(
                "composing",
                f"{_many(bodies, each.count)} of {each.code} cannot be composed now: {each.reason}",
                "They are composed once that is mended; SIGHUP has the definitions read again.",
            )


def _processes(store: Store, _settings: Settings) -> Iterator[Trouble]:
    """It names no process and no version: the overview shows it to those too who may not see them."""
    events: dict[str, list[str]] = {}
    for each in store.read_now(read).definitions:
        if each.differs:
            events.setdefault(_in_service(each.versions), []).append(each.event)
    for words, differing in events.items():
        more = len(differing) - _MOST_NAMED
        named = ", ".join(differing[:_MOST_NAMED]) + (f" and {counted(more, 'event')} more" if more > 0 else "")
        yield Trouble(
            "processes",
            f"processes differ in what they have in service for {named}: {words}",
            "aptic-webhooks definitions list shows which process has what. Give all the same definitions, and "
            "have each read them again by SIGHUP.",
        )


def _in_service(versions: Sequence[ServedVersion]) -> str:
    """How many processes have what: `1 stale, 2 serving, 1 serving another version`."""
    words, states = [], set()
    for version in versions:
        another = " another version" if version.state in states else ""
        words.append(f"{len(version.processes)} {version.state}{another}")
        states.add(version.state)
    return ", ".join(words)


def _endpoints(store: Store, _settings: Settings) -> Iterator[Trouble]:
    for each in store.read_now(checks.disabled):
        yield Trouble(
            "endpoints",
            f"{each.url} of {each.client!r} is disabled: {each.reason}",
            f"Ask the client; then aptic-webhooks webhooks resume {each.url}",
        )
    for failing in store.read_now(checks.failing):
        yield Trouble(
            "endpoints",
            f"{failing.url} of {failing.client!r} has failed for {_duration(now() - failing.since)}; "
            f"{_many(deliveries, failing.count)} {'dead' if failing.are_dead else 'tried again'}: {failing.reason}",
            f"Ask the client, or see with aptic-webhooks webhooks test {failing.url} EVENT",
        )


def _dead(store: Store, settings: Settings) -> Iterator[Trouble]:
    since = now() - settings.keep_data * MICROSECONDS_PER_DAY
    found = store.read_now(lambda connection: checks.dead(connection, since))
    last = store.read_now(lambda connection: checks.last_dead(connection, since))
    if found.count and last is not None:
        client, url = last
        yield Trouble(
            "dead",
            f"{_many(deliveries, found.count)} dead, the oldest for {_age(found)};"
            f" the last one for {url} of {client!r}",
            "aptic-webhooks deliveries --state dead lists them with their reasons, replay ID sends one again.",
        )


def _held(store: Store, _settings: Settings) -> Iterator[Trouble]:
    found = store.read_now(lambda connection: checks.long_held(connection, now() - _LONG_HELD_MICROSECONDS))
    if found.count:
        yield Trouble(
            "held",
            f"{_many(deliveries, found.count)} held, the longest for {_age(found)}; what is held for 30 days is dead",
            "Resume or remove their endpoints: aptic-webhooks webhooks list shows those that are paused or disabled.",
        )


def _disk(_store: Store, settings: Settings) -> Iterator[Trouble]:
    url = make_url(settings.store_url)
    folder = settings.data if url.get_backend_name() != "sqlite" else Path(str(url.database)).parent
    usage = shutil.disk_usage(folder)
    if usage.free < _LEAST_SPACE_BYTES or usage.free < usage.total * _LEAST_SPACE_FRACTION:
        yield Trouble(
            "disk",
            f"{usage.free / _LEAST_SPACE_BYTES:.1f} GiB are free where {folder} is",
            "Make room: when the disk is full, events are refused with 503 and nothing is delivered.",
        )


CHECKS: Final[dict[str, Check]] = {
    "store": _store,
    "keys": _keys,
    "clock": _clock,
    "work": _work,
    "composing": _parked,
    "processes": _processes,
    "endpoints": _endpoints,
    "dead": _dead,
    "held": _held,
    "disk": _disk,
}


QUICK: Final = ("clock", "work", "composing", "processes", "endpoints", "dead", "held", "disk")
"""The checks that look at few rows, so that a page may make them each time."""


def _many(words: Callable[[int], str], count: int) -> str:
    """`1 delivery`, or `at least 1,000 deliveries` where the check has counted no further."""
    return f"at least {words(count)}" if count >= checks.MOST_FOUND else words(count)


def _age(found: Found) -> str:
    return "an unknown time" if found.oldest is None else _duration(now() - found.oldest)


def _duration(microseconds: int) -> str:
    minutes = microseconds / _MINUTE_MICROSECONDS
    for unit, length in (("days", 1440), ("hours", 60)):
        if minutes >= 2 * length:
            return f"{minutes / length:.0f} {unit}"
    return f"{minutes:.0f} minutes" if minutes >= 2 else f"{microseconds / 1e6:.0f} seconds"
