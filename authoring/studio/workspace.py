"""Every definition and case of a project as they are now; what has not changed is not checked or run again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from authoring.studio.cases import Run, not_run, run, run_default
from authoring.studio.context import Context, Project
from engine.errors import EngineError, LedgerError
from engine.files import Stamp, find_files, stamp
from engine.loading import check_together, load_file
from engine.model import Diagnostic, LoadedFile
from engine.plan import Plan
from engine.testing.cases import MESSAGE, Case, Kind, find_cases


@dataclass(frozen=True, slots=True, eq=False)
class CheckedFile:
    """One definition, at a moment.

    `file` has the validator's findings; `composed` is for the ledger that composes, and `obstacles` are what only that
    finds. `event` is the one that the file defines, or that its name promises where it cannot be read. `plan` is None
    where nothing is composed.
    """

    file: LoadedFile
    composed: LoadedFile
    event: str
    obstacles: tuple[Diagnostic, ...]
    plan: Plan | None = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """A file by itself: for what findings are for, and for what composes."""

    stamp: Stamp | None
    checked: LoadedFile
    composed: LoadedFile


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The project at a moment: its definitions by path, the cases by event.

    `context` is None where not even a definition can be checked, and `trouble` says what is wrong beside them.
    """

    context: Context | None
    files: Mapping[Path, CheckedFile]
    cases: Mapping[str, Sequence[Case]]
    trouble: str | None


class Workspace:
    """Looks after a project. Threads may share it; each look and each run waits for the one before it."""

    def __init__(self, project: Project, folder: Path) -> None:
        """The embedded ledger is made in `folder`, which is not the project's."""
        self.project = project
        self._folder = folder
        self._lock = threading.Lock()
        self._context: Context | None = None
        self._context_stamps: object = None
        self._context_trouble: str | None = None
        self._loaded: dict[Path, _Loaded] = {}
        self._files: dict[Path, CheckedFile] = {}
        self._runs: dict[Path, tuple[object, Run]] = {}

    def look(self) -> Snapshot:
        """The project as it is now. What cannot be read at this moment stays as it was, with the trouble."""
        with self._lock:
            self._refresh_context()
            trouble, cases = self._context_trouble, {}
            try:
                if self._context is not None:
                    self._refresh_files(self._context)
                if self.project.fixtures.is_dir():
                    cases = _by_event(find_cases(self.project.fixtures))
            except EngineError as error:
                trouble = trouble or error.message
            return Snapshot(self._context, dict(self._files), cases, trouble)

    def run(self, case: Case, checked: CheckedFile | None, *, is_anew: bool = False) -> Run:
        """What came of a case; without a definition it has the default body.

        It is run where it or its definition has changed, or where `is_anew` asks for it.
        """
        with self._lock:
            key = (self._context, checked, _stamps(case.folder / name for name in (MESSAGE, *Kind)))
            known = self._runs.get(case.folder)
            if known is None or known[0] != key or is_anew:
                known = self._runs[case.folder] = key, self._run(case, checked)
            return known[1]

    def _run(self, case: Case, checked: CheckedFile | None) -> Run:
        context = self._context
        if context is None:
            return not_run(case, "The project cannot be read, so nothing is composed.")
        if checked is None:
            event = context.catalogue.events.get(case.event)
            return run_default(case, event) if event else not_run(case, f"{case.event} is in no catalogue of events.")
        if checked.plan is None:
            return not_run(case, "The definition has faults, so nothing is composed.")
        if context.ledger is None:
            return not_run(case, "There is no ledger to compose on.")
        return run(case, checked.plan, context.ledger)

    def close(self) -> None:
        """Ends the ledger's sessions."""
        with self._lock:
            if self._context is not None:
                self._context.close()

    def _refresh_context(self) -> None:
        """Reads anew what the definitions stand on, where its files have changed or the ledger did not answer."""
        now = _stamps(self.project.context_files())
        if now == self._context_stamps:
            return
        try:
            context = Context.read(self.project, self._folder)
        except EngineError as error:
            self._context_trouble = error.message
            self._context_stamps = None if isinstance(error, LedgerError) else now
            return
        if self._context is not None:
            self._context.close()
        self._context, self._context_stamps, self._context_trouble = context, now, None
        self._loaded.clear()
        self._runs.clear()

    def _refresh_files(self, context: Context) -> None:
        """Loads what has changed, and checks all files together."""
        paths = find_files([self.project.definitions])
        loaded = {path: self._loaded_file(path, context) for path in paths}
        if loaded == self._loaded:
            return
        self._loaded = loaded
        checked = check_together([each.checked for each in loaded.values()], context.checked)
        composed = check_together([each.composed for each in loaded.values()], context.composed)
        self._files = {
            path: _checked(file, made, context, self._files.get(path))
            for path, file, made in zip(loaded, checked, composed, strict=True)
        }
        if context.ledger is not None:
            plans = [each.plan for each in self._files.values() if each.plan is not None]
            context.ledger.keep(chain.from_iterable((step.statement for step in plan.steps) for plan in plans))

    def _loaded_file(self, path: Path, context: Context) -> _Loaded:
        now = stamp(path)
        known = self._loaded.get(path)
        if known is not None and known.stamp == now:
            return known
        checked = composed = load_file(path, context.catalogue, context.checked)
        if context.composed != context.checked:
            composed = load_file(path, context.catalogue, context.composed)
        return _Loaded(now, checked, composed)


def _checked(file: LoadedFile, composed: LoadedFile, context: Context, before: CheckedFile | None) -> CheckedFile:
    """The file for a page; the same as `before` where nothing is other, so that its cases need not be run again."""
    if before is not None and before.file is file and before.composed is composed:
        return before
    places = {(found.rule, found.line, found.column) for found in file.diagnostics}
    obstacles = [found for found in composed.diagnostics if (found.rule, found.line, found.column) not in places]
    plan = None if composed.compiled is None else Plan(composed.compiled, context.composed.max_rows)
    event = file.path.stem if file.definition is None else file.definition.name
    return CheckedFile(file, composed, event, tuple(obstacles), plan)


def _stamps(paths: Iterable[Path]) -> tuple[tuple[Path, Stamp | None], ...]:
    return tuple([(path, stamp(path)) for path in paths])


def _by_event(cases: Iterable[Case]) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.event, []).append(case)
    return found
