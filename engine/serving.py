"""The state in service: a plan for each event with a good definition, and the events that must wait for one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.catalogue import Catalogue
from engine.errors import ConfigurationError, InvalidDefinitionError
from engine.execution import Ledger
from engine.files import find_files
from engine.model import DefinitionState, DefinitionStatus, Dialect, LoadedFile, Severity
from engine.plan import Plan
from engine.progress import Progress
from engine.settings import LoadOptions
from engine.sql.schema import SchemaOrigin
from engine.sql.target import Target

Loader = Callable[[Sequence[Path], Catalogue, Target, Path | None], tuple[LoadedFile, ...]]
"""A function such as `load`, which loads files for a target."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """One consistent state. A reload replaces it as a whole.

    `stale` has the reason why an event's plan is an older version, and `held` the reason why an event has no plan.
    `hold_rest`, if there is one, is the reason for every other event without a plan. `events_of` has the events that
    each file defines or may define. `warnings` are sentences for an operator.
    """

    catalogue: Catalogue
    files: tuple[LoadedFile, ...]
    plans: Mapping[str, Plan] = field(default_factory=dict)
    stale: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    hold_rest: str | None = None
    events_of: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def reason_to_hold(self, event: str) -> str | None:
        """Why the event can get no body now. None if it gets the default body."""
        return self.held.get(event, self.hold_rest)

    def definitions(self) -> tuple[DefinitionStatus, ...]:
        """The state of every event that has, had or should have a definition, sorted by event code."""
        found = [
            DefinitionStatus(
                event,
                DefinitionState.STALE if event in self.stale else DefinitionState.SERVING,
                plan.reference.file,
                plan.reference.content_hash,
                self.stale.get(event),
                *plan.batch_form(),
                approximations=plan.approximations(),
            )
            for event, plan in self.plans.items()
        ]
        waiting = dict(self.held)
        if self.hold_rest is not None:
            rest = self.catalogue.events.keys() - self.plans.keys()
            waiting = dict.fromkeys(rest, self.hold_rest) | waiting
        found += [DefinitionStatus(event, DefinitionState.HELD, None, None, why) for event, why in waiting.items()]
        return tuple(sorted(found, key=lambda status: status.event))


def load(
    paths: Sequence[Path],
    catalogue: Catalogue,
    target: Target,
    schema: Path | None,
    progress: Progress | None = None,
    *,
    has_contracts: bool = False,
) -> tuple[LoadedFile, ...]:
    """Parses, checks and compiles files, and reports each place to `progress`. `has_contracts` derives contracts too.

    `schema` is a file that describes the ledger, or None. Raises ConfigurationError if it cannot be read as one.
    """
    from engine.loading import load_files  # noqa: PLC0415  40 MiB, unless a child loads the files
    from engine.script import read_schema_file  # noqa: PLC0415

    if schema is not None:
        target = replace(target, schema=read_schema_file(schema))
    progress = progress or Progress()
    files = load_files(paths, catalogue, target, progress)
    if has_contracts:
        from engine.contract.served import with_contracts  # noqa: PLC0415  see above

        files = with_contracts(files, catalogue, target, progress)
        progress.done()
    return files


def read_serving(
    options: LoadOptions, ledger: Ledger, previous: Serving | None, load_files: Loader, *, may_hold: bool
) -> Serving:
    """Reads everything that `options` name, and the schema from the ledger if no file describes it.

    Raises ConfigurationError if the options cannot work or a reload would lose every definition, LedgerError if the
    schema cannot be read, and InvalidDefinitionError for a faulty definition, unless `may_hold`.
    """
    folder = options.folder
    if folder is None or not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder of definitions.", file=str(folder))
    paths = find_files([folder])
    if previous is not None:
        _refuse_lost_folder(folder, paths, previous)
    catalogue = Catalogue.load(options.events)
    schema = ledger.reflect() if options.ledger_schema is None else None
    target = Target(ledger.dialect, schema, tuple(options.databases), options.time_zone, options.max_rows)
    files = load_files(paths, catalogue, target, options.ledger_schema)
    if not may_hold:
        _refuse_faulty(files)
    serving = _serve(catalogue, files, previous, target)
    for warning in serving.warnings:
        _log.warning(warning)
    return serving


def _refuse_faulty(files: Sequence[LoadedFile]) -> None:
    diagnostics = tuple(diagnostic for file in files for diagnostic in file.diagnostics)
    faulty = [_reason(file) for file in files if file.compiled is None]
    if faulty:
        raise InvalidDefinitionError(
            f"{len(faulty)} of {len(files)} definitions are faulty:\n" + "\n".join(faulty), diagnostics=diagnostics
        )


def _refuse_lost_folder(folder: Path, paths: Sequence[Path], previous: Serving) -> None:
    """Raises ConfigurationError if the folder has lost all its definitions, as it looks when a mount is lost."""
    holding = {parent for path in paths for parent in path.parents}
    held = {parent for file in previous.files for parent in file.path.parents if parent.is_relative_to(folder)}
    for lost in sorted(held - holding):
        if lost.is_dir():
            way = "restart" if lost == folder else "remove the folder too"
            raise ConfigurationError(
                f"{lost} holds no definition any more, so the reload is refused: a lost mount must not turn custom "
                "bodies into default ones. The definitions loaded before stay in service. If they are not wanted any "
                f"more, {way}.",
                file=str(lost),
            )


def _serve(catalogue: Catalogue, files: Sequence[LoadedFile], previous: Serving | None, target: Target) -> Serving:
    """The state that follows from these files.

    An event whose file is faulty keeps the good version that `previous` has. If there is none, it is held, and never
    gets the default body.
    """
    before = Serving(catalogue, ()) if previous is None else previous
    plans = {
        file.compiled.definition.name: Plan(file.compiled, target.max_rows)
        for file in files
        if file.compiled is not None
    }
    events_of = {file.path: _events_of(file, catalogue, before) for file in files}
    stale: dict[str, str] = {}
    held: dict[str, str] = {}
    hold_rest: str | None = None
    for file in files:
        if file.compiled is not None:
            continue
        why = _reason(file)
        if not events_of[file.path]:
            hold_rest = why
        for event in events_of[file.path] - plans.keys():
            (stale if event in before.plans else held)[event] = why
    if hold_rest is not None:
        stale |= dict.fromkeys(before.plans.keys() - plans.keys() - stale.keys(), hold_rest)
    kept = {event: before.plans[event] for event in stale}
    known = catalogue.with_events(before.catalogue, stale.keys() | held.keys())
    serving = Serving(known, tuple(files), plans | kept, stale, held, hold_rest, events_of)
    return replace(serving, warnings=tuple(_warnings(before, serving, target)))


def _warnings(before: Serving, now: Serving, target: Target) -> Iterator[str]:
    gone = (before.plans.keys() | before.held.keys()) - now.plans.keys() - now.held.keys()
    for event in sorted(gone & now.catalogue.events.keys()):
        if now.hold_rest is None:
            yield f"{event}: its definition was removed; the composer gives its default body now."
    for event in sorted(before.catalogue.events.keys() - now.catalogue.events.keys()):
        yield f"{event} is in no catalogue any more: an event of that code is refused as unknown."
    for event, why in now.stale.items():
        yield f"{event} keeps the last good version of its definition: {why}"
    for event, why in now.held.items():
        yield f"{event} is held, since no version of its definition is good: {why}"
    if now.hold_rest is not None:
        yield f"Every event without a readable definition is held: {now.hold_rest}"
    is_sql_server = target.dialect is Dialect.SQL_SERVER
    if target.schema is not None and target.schema.origin is SchemaOrigin.LEDGER and not is_sql_server:
        yield "The schema was read from the ledger: strings may compare otherwise than on SQL Server."


def _events_of(file: LoadedFile, catalogue: Catalogue, before: Serving) -> frozenset[str]:
    """The event that a file defines.

    If the file is faulty, all events that it may define: by its name element, by its file name, and by what it was.
    """
    if file.compiled is not None:
        return frozenset({file.compiled.definition.name})
    named = {file.path.stem}
    if file.definition is not None:
        named.add(file.definition.name)
    return before.events_of.get(file.path, frozenset()) | (named & catalogue.events.keys())


def _reason(file: LoadedFile) -> str:
    every = (*file.diagnostics, *file.ignored)
    errors = [diagnostic for diagnostic in every if diagnostic.severity is Severity.ERROR]
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first.file}:{first.line}:{first.column}: {first.message} [{first.rule}]{more}"
