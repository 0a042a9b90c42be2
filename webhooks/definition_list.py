"""Definitions as operators see them: what each process has in service for an event, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from webhooks.model import Moment
from webhooks.store import composers
from webhooks.store.browsing import DefinedEvent, defined_events
from webhooks.store.clock import moment
from webhooks.store.composers import Composer, Version

_WORST_FIRST: Final = ("held", "missing", "stale", "default", "serving")
_MISSING: Final = (
    "it had a definition, and there is none now: put it back, or, if the default body is meant, run aptic-webhooks "
    "definitions accept {event}"
)
_STALE: Final = "an older version of its definition is in service, until a restart: {why}"


class Process(Struct, frozen=True):
    """A process that composes. `read` is when it read its definitions, `trouble` why it could not, or not again."""

    host: str
    pid: int
    started: Moment
    read: Moment | None
    trouble: str | None

    @property
    def name(self) -> str:
        """As people are shown it."""
        return f"{self.host}/{self.pid}"


class ServedVersion(Struct, frozen=True, kw_only=True):
    """What some processes have in service for an event.

    `state` is `serving`, `stale` (an older version, as the file is faulty now), `held` (none is good), `missing` (there
    was one, and the event waits), or `default` (the default body, where others have a definition). `hash` is the
    SHA-256 of the file, in hex. `form` is how many events at once are composed, with the reason where it is one by one.
    """

    state: str
    file: str | None
    hash: str | None
    form: str | None
    reason: str | None
    processes: Sequence[Process]

    @property
    def short_hash(self) -> str:
        """Enough of the hash to tell versions apart."""
        return "none" if self.hash is None else self.hash[:12]


class ShownDefinition(Struct, frozen=True, kw_only=True):
    """An event that has or had a definition, or waits for one. `since` is when it was first known to have one.

    `versions` has one for all processes, or several where processes differ, the worst first. `state` and `reason` are
    the first one's; where none is at fault, `reason` is why `waiting` events cannot be composed. No `state`: no process
    composes.
    """

    event: str
    state: str | None
    since: Moment | None
    waiting: int
    reason: str | None
    versions: Sequence[ServedVersion]

    @property
    def differs(self) -> bool:
        """Whether some processes have something else in service than others."""
        return len(self.versions) > 1


class DefinitionList(Struct, frozen=True):
    """Every such event by its code, and the processes that compose."""

    definitions: Sequence[ShownDefinition]
    processes: Sequence[Process]


def read(connection: Connection, *, is_served: bool = True) -> DefinitionList:
    """What the processes told, and what waits in the store. `is_served` says whether an embedded store is."""
    composing = composers.alive(connection) if is_served else []
    told = [(_process(each), each, {version.event: version for version in each.versions}) for each in composing]
    known = {each.event: each for each in defined_events(connection)}
    events = sorted({*known, *(event for _, _, versions in told for event in versions)})
    found = []
    for event in events:
        stored = known.get(event) or DefinedEvent(event, None, 0, None)
        pairs = [(process, versions.get(event) or _absent(stored, each)) for process, each, versions in told]
        found.append(_shown(stored, _grouped(pairs)))
    return DefinitionList(found, [process for process, _, _ in told])


def _shown(stored: DefinedEvent, versions: Sequence[ServedVersion]) -> ShownDefinition:
    worst = versions[0] if versions else None
    return ShownDefinition(
        event=stored.event,
        state=None if worst is None else worst.state,
        since=stored.since,
        waiting=stored.waiting,
        reason=stored.reason if worst is None or worst.reason is None else worst.reason,
        versions=versions,
    )


def _grouped(pairs: Sequence[tuple[Process, Version]]) -> list[ServedVersion]:
    """Those that have the same in service stand together."""
    groups: dict[tuple[object, ...], list[tuple[Process, Version]]] = {}
    for process, version in pairs:
        groups.setdefault((version.state, version.hash, version.reason), []).append((process, version))
    versions = [_served([process for process, _ in group], group[0][1]) for group in groups.values()]
    return sorted(versions, key=lambda version: _WORST_FIRST.index(version.state))


def _served(processes: Sequence[Process], version: Version) -> ServedVersion:
    is_stale = version.state == "stale"
    return ServedVersion(
        state=version.state,
        file=version.file,
        hash=version.hash,
        form=version.form,
        reason=_STALE.format(why=version.reason) if is_stale else version.reason,
        processes=processes,
    )


def _absent(stored: DefinedEvent, composer: Composer) -> Version:
    """What a process has that knows of no definition of this event."""
    if composer.read_at is None and composer.trouble is not None:
        return Version(event=stored.event, state="held", reason=composer.trouble)
    if stored.since is None:
        return Version(event=stored.event, state="default")
    return Version(event=stored.event, state="missing", reason=_MISSING.format(event=stored.event))


def _process(composer: Composer) -> Process:
    read_at = composer.read_at
    return Process(
        composer.host,
        composer.pid,
        moment(composer.started_at),
        None if read_at is None else moment(read_at),
        composer.trouble,
    )
