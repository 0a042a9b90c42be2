"""The definitions of a service: which are in service, which are faulty, and which events get the default body."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from engine.body import Body, default_body
from engine.catalogue import Catalogue
from engine.errors import (
    ConfigurationError,
    DefinitionUnavailableError,
    EngineError,
    LedgerError,
    ReadOnlyRequiredError,
    UnknownEventError,
)
from engine.model import DefinitionState, DefinitionStatus, Event
from engine.settings import LoadOptions
from webhooks.errors import SettingsError
from webhooks.store.clock import now
from webhooks.wording import counted

if TYPE_CHECKING:
    from engine.apart import ApartComposer

_NO_LEDGER: Final = "it has a definition, but no ledger is named: give the service one with --ledger"
_MISSING: Final = (
    "it had a definition, and there is none now {where}: put it back, or, if the default body is meant, run "
    "aptic-webhooks definitions accept {event}"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class InService:
    """The composer's status of each event. It is replaced as a whole. `unread` is why there is no status yet.

    `contracts` have the JSON Schema of the bodies, where one could be derived. `read_at` is when the files were read,
    in microseconds, and `unread_since` why they could not be read again since.
    """

    by_event: Mapping[str, DefinitionStatus] = field(default_factory=dict)
    unread: str | None = None
    contracts: Mapping[str, bytes] = field(default_factory=dict)
    read_at: int | None = None
    unread_since: str | None = None

    @classmethod
    def of(
        cls,
        statuses: Iterable[DefinitionStatus],
        contracts: Mapping[str, bytes] = MappingProxyType({}),
        read_at: int | None = None,
    ) -> InService:
        """The state that a composer's status describes."""
        return cls({status.event: status for status in statuses}, contracts=contracts, read_at=read_at)

    @classmethod
    def held(cls, reasons: Mapping[str, str]) -> InService:
        """A state in which these events wait, each for its reason."""
        return cls.of(DefinitionStatus(event, DefinitionState.HELD, None, None, why) for event, why in reasons.items())

    @cached_property
    def good(self) -> frozenset[str]:
        """The events that are composed by a definition."""
        return frozenset(event for event, status in self.by_event.items() if status.state is not DefinitionState.HELD)

    @cached_property
    def stale(self) -> frozenset[str]:
        """The events that are composed by an older version of their definition, as its file is faulty now."""
        return frozenset(event for event, status in self.by_event.items() if status.state is DefinitionState.STALE)

    @cached_property
    def promises(self) -> Mapping[str, bytes | None]:
        """By event with a definition, its contract."""
        return {event: self.contracts.get(event) for event in self.by_event}

    def fault(self, event: str) -> str | None:
        """Why an event that is not good cannot be composed. None if it is not known to have a definition."""
        return str(self.by_event[event].reason) if event in self.by_event else self.unread


class Definitions:
    """Composes bodies by the definitions in a folder. There may be no folder. Threads may share it.

    `load` and `reload` read files and ask the ledger, which may take seconds. Raises SettingsError for a folder that
    does not exist, and for a URL of a ledger that can never work.
    """

    def __init__(self, catalogue: Catalogue, options: LoadOptions = LoadOptions()) -> None:  # noqa: B008  immutable
        _check(options)
        self._catalogue = catalogue
        self._options = options
        self._composer: ApartComposer | None = None
        self._served = InService(unread="the definitions are being read")
        self._loading = threading.Lock()
        self.is_loaded = False
        """Whether all definitions were read. If not, call `load` again later."""

    def load(self) -> None:
        """Reads the definitions. If the ledger is needed for that and cannot be reached, their events are held.

        Raises SettingsError for settings that cannot work.
        """
        with self._loading:
            if not self.is_loaded:
                self._load()

    def reload(self) -> None:
        """Reads all definitions again.

        A definition that has become faulty stays in service as it was. If one is gone, its event waits. If the folder
        cannot be read, nothing changes.
        """
        if self._composer is None:
            self.is_loaded = False
            try:
                self.load()
            except SettingsError as error:
                _log.error("the definitions cannot be read again: %s", error.message)
                self._served = replace(self._served, unread_since=error.message)
            return
        if self._is_empty():  # the composer would take the folder for lost, and change nothing
            _log.warning("there is no definition any more in %s: the events that had one wait", self._options.folder)
            self._served = InService(read_at=now())
            return
        try:
            self._composer.reload()
        except EngineError as error:
            _log.error("the definitions cannot be read again, so what was in service stays so: %s", error.message)
            self._served = replace(self._served, unread_since=error.message)
        else:
            self._note(self._composer)

    def _is_empty(self) -> bool:
        from engine.files import find_files  # noqa: PLC0415  see below

        try:
            return self._options.folder is not None and not find_files([self._options.folder])
        except ConfigurationError:
            return False

    def close(self) -> None:
        """Ends the sessions on the ledger."""
        if self._composer is not None:
            self._composer.close()

    @property
    def good(self) -> frozenset[str]:
        """The events with a definition in service."""
        return self._served.good

    @property
    def promises(self) -> Mapping[str, bytes | None]:
        """By event with a definition, the JSON Schema of the bodies that it makes now; None where it cannot be told.

        The mapping is replaced, never changed.
        """
        return self._served.promises

    @property
    def in_service(self) -> InService:
        """How each event with a definition is served now. Each reading of the files gives another object."""
        return self._served

    @property
    def named(self) -> frozenset[str]:
        """The events that have a definition, good or faulty. None of them may get a default body."""
        return frozenset(self._served.by_event.keys() & self._catalogue.events.keys())

    @property
    def stale(self) -> frozenset[str]:
        """The events in service by an older version of their definition, as its file is faulty now."""
        return self._served.stale

    def faults(self, remembered: frozenset[str] = frozenset()) -> Mapping[str, str]:
        """The reason for each event that cannot be composed. `remembered` has the events that once had a definition."""
        served = self._served
        named = served.by_event.keys() | (set() if served.unread is None else self._catalogue.events.keys())
        faults = ((event, served.fault(event) or self._missing(event)) for event in remembered | named)
        return {event: fault for event, fault in faults if event not in served.good}

    def fault(self, event: str, *, is_remembered: bool) -> str | None:
        """Why the event cannot be composed now; None if it can. `is_remembered` says that it once had a definition."""
        served = self._served
        if event in served.good:
            return None
        return served.fault(event) or (self._missing(event) if is_remembered else None)

    def compose_many(self, event: str, messages: Sequence[Mapping[str, object]]) -> list[Body | EngineError]:
        """Composes bodies by the event's definition. It never makes a default body."""
        if self._composer is None:
            return [self._lost(event) for _ in messages]
        found = self._composer.compose_many(event, messages)
        return [
            self._lost(event) if isinstance(result, Body) and result.definition is None else result for result in found
        ]

    def default_bodies(self, event: str, messages: Sequence[Mapping[str, Any]]) -> list[Body | EngineError]:
        """The default bodies of an event without a definition."""
        known = self._catalogue.events.get(event)
        if known is None:
            unknown = f"The event {event!r} is in no catalogue."
            return [UnknownEventError(unknown, definition=event) for _ in messages]
        return [_default(known, message["data"]) for message in messages]

    def _load(self) -> None:
        options = self._options
        if options.folder is None:
            self._served, self.is_loaded = InService(), True
            return
        try:
            if options.ledger is None:
                self._hold(_NO_LEDGER)
                _log.warning("no ledger is named with --ledger: events with a definition wait")
                self.is_loaded = True
                return
            composer = self._opened()
        except (ReadOnlyRequiredError, LedgerError) as error:
            self._hold(f"its definition cannot be read without the ledger: {error.message}")
            _log.error("the definitions wait for the ledger: %s", error.message)
            return
        except DefinitionUnavailableError as error:
            self._hold(f"its definition cannot be read: {error.message}")
            _log.error("the definitions cannot be read, which is tried again: %s", error.message)
            return
        except ConfigurationError as error:
            raise SettingsError(error.message) from None
        self._composer, self.is_loaded = composer, True
        self._note(composer)

    def _opened(self) -> ApartComposer:
        from engine.apart import ApartComposer  # noqa: PLC0415  slow to import, and only where there are definitions

        return ApartComposer.load(**self._options.arguments(), on_invalid="hold")

    def _note(self, composer: ApartComposer) -> None:
        """Takes over what the composer has in service now."""
        self._served = served = InService.of(composer.status().definitions, composer.contracts(), now())
        for event in sorted(served.by_event.keys() - served.good):
            _log.error("%s is held: %s", event, served.fault(event))
        _log.info("%s in service", counted(len(served.good), "definition is", "definitions are"))
        if served.stale:
            stale = ", ".join(sorted(served.stale))
            _log.warning("in service as they were before their files became faulty: %s", stale)

    def _hold(self, reason: str) -> None:
        """Holds every event that a file defines or may define. Raises ConfigurationError."""
        named = named_events(self._options.folder or Path(), self._catalogue)
        self._served = InService(unread=reason) if named is None else InService.held(dict.fromkeys(named, reason))

    def _missing(self, event: str) -> str:
        folder = self._options.folder
        where = "since the service was started without --definitions" if folder is None else f"in {folder}"
        return _MISSING.format(event=event, where=where)

    def _lost(self, event: str) -> DefinitionUnavailableError:
        return DefinitionUnavailableError(self._missing(event), definition=event)


def _check(options: LoadOptions) -> None:
    if options.folder is None:
        return
    if not options.folder.is_dir():
        raise SettingsError(f"--definitions: {options.folder} is no folder of definitions")
    if options.ledger is None:
        return
    from engine.execution import open_ledger  # noqa: PLC0415  see above

    try:
        open_ledger(options.ledger, timeout=options.timeout).close()
    except ConfigurationError as error:
        raise SettingsError(f"--ledger: {error.message}") from None


def named_events(folder: Path, catalogue: Catalogue) -> set[str] | None:
    """The events that the files define, found without checking them. None if a file may define any event."""
    from engine.files import find_files  # noqa: PLC0415  see above
    from engine.loading import read_definition  # noqa: PLC0415

    names: set[str] = set()
    for path in find_files([folder]):
        try:
            definition = read_definition(path).definition
        except Exception:  # a file that cannot be parsed counts by its name, even if the parser itself fails
            definition = None
        if definition is not None:
            names.add(definition.name)
        elif path.stem not in catalogue.events:
            return None
        names.add(path.stem)
    return names


def _default(event: Event, arguments: Mapping[str, object]) -> Body | EngineError:
    try:
        return default_body(event, arguments)
    except EngineError as error:
        return error
