"""`validate --against`: what bodies promise now, beside what they promised before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine import failures
from engine.cli.baseline import Promised, is_sound
from engine.model import Definition, Diagnostic, LoadedFile, Position, Severity

if TYPE_CHECKING:
    from engine.catalogue import Catalogue
    from engine.contract.schemas import Json
    from engine.sql.target import Target

_RULE: Final = "contract-break"


@dataclass(frozen=True, slots=True)
class Changes:
    """What breaks a contract, by file, and what receivers can bear, each with the file and the event's code."""

    breaks: dict[Path, list[Diagnostic]] = field(default_factory=dict)
    bearable: list[str] = field(default_factory=list)

    def added_to(self, files: Sequence[LoadedFile]) -> tuple[LoadedFile, ...]:
        """The files with what breaks their contracts, and behind them those that are no longer there."""
        left = dict(self.breaks)
        every = [_with_breaks(file, left.pop(file.path, ())) for file in files]
        return (*every, *(LoadedFile(path, None, None, tuple(found), None) for path, found in left.items()))


def _with_breaks(file: LoadedFile, breaks: Sequence[Diagnostic]) -> LoadedFile:
    """The file with more findings, as far as its comments do not ignore them."""
    from engine.validation.extent import with_extents
    from engine.validation.ignoring import judge

    judged = judge(str(file.path), breaks, file.comments, (), has_schema=False)
    added = [found for found in judged.found if found.rule in (_RULE, failures.RULE)]
    found = with_extents((*file.diagnostics, *added), file.text)
    found.sort(key=lambda each: (each.line, each.column, each.rule))
    ignored = (*file.ignored, *with_extents(judged.ignored, file.text))
    return replace(file, diagnostics=tuple(found), ignored=ignored)


@dataclass(frozen=True, slots=True)
class _Body:
    """The body of an event now: of a definition, or the default one. `path` is where that is told of."""

    event: str
    path: Path
    definition: Definition | None


def changes(was: Promised, files: Sequence[LoadedFile], catalogue: Catalogue, target: Target) -> Changes:
    """What changed since. A definition with an error has no contract, and is passed over."""
    from engine.contract import default_contract, derive
    from engine.sql.analysis.evaluation import Views

    found, views = Changes(), Views(target.schema)
    for file in files:
        definition = file.definition
        if definition is not None and is_sound(file) and definition.name in was.schemas:
            event = catalogue.events.get(definition.name)
            try:
                now = derive(definition, event, target.schema, views, max_rows=target.max_rows)
                _compare(found, was, _Body(definition.name, file.path, definition), now.schema)
            except Exception as error:
                fault = failures.internal_error(str(file.path), failures.where(error))
                found.breaks.setdefault(file.path, []).append(fault)
    present = {file.path.stem if file.definition is None else file.definition.name for file in files}
    for code in sorted(was.removable - present):
        body = _Body(code, was.files[code], None)
        if code in catalogue.events:
            _compare(found, was, body, default_contract(catalogue.events[code]).schema)
        else:
            _add(found, was, body, "", f"The event {code} is in no catalogue any more, so nothing is sent.")
    return found


def _compare(found: Changes, was: Promised, body: _Body, now: Json) -> None:
    from engine.contract.comparison import compare

    why = ""
    if body.definition is None:
        why = " The event has no definition any more, so its body is the default one."
    elif body.event not in was.files:
        why = " Until now the event had no definition, so its body was the default one."
    for difference in compare(was.schemas[body.event], now):
        if difference.is_breaking:
            _add(found, was, body, difference.pointer, difference.words + why)
        else:
            found.bearable.append(f"{body.path}: {body.event}: {difference.words}")


def _add(found: Changes, was: Promised, body: _Body, pointer: str, message: str) -> None:
    from engine.contract.places import place_of

    at = Position(1, 1) if body.definition is None else place_of(body.definition, pointer)
    hint = f"Receivers were promised otherwise ({was.where}). Keep it, or tell them before you change it."
    diagnostic = Diagnostic(_RULE, Severity.ERROR, str(body.path), at.line, at.column, message, hint)
    found.breaks.setdefault(body.path, []).append(diagnostic)
