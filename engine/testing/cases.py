"""Fixture cases: `fixtures/<event>/<case>/` with a message and what must come of it (definition language, section 10).

`event.json` is the message. Beside it stands one expectation: `body.json` (the exact bytes, filled with the message's
`secret`), `skip.txt` (the reason that the definition gives for sending nothing) or `error.txt` (the name of the error's
class, such as `EmptyResultError`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, assert_never

from engine import errors
from engine.body import Body
from engine.errors import ConfigurationError, EngineError, LedgerUnavailableError
from engine.testing.difference import changed_members, difference
from engine.testing.message import EventMessage, read_message

_log = logging.getLogger(__name__)

MESSAGE = "event.json"
_MOST_MEMBERS = 3  # that are named where a body differs
_GONE = "Receivers that read what is gone break; validate-definitions --against GIT-REF lists all that a change breaks."


class Kind(StrEnum):
    """What may come of an event, by the file that expects it."""

    BODY = "body.json"
    SKIP = "skip.txt"
    ERROR = "error.txt"


@dataclass(frozen=True, slots=True)
class Case:
    """One folder with an event's message."""

    event: str
    name: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.event}/{self.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case, or should. `content` is the file's: bytes of a body, a reason, a class name.

    `body` is there where something was composed, `message` where an error was raised.
    """

    kind: Kind
    content: bytes
    body: Body | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went: it passed where `problem` is None.

    `outcome` is None where the case's own files are at fault, `difference` has lines where two texts could be compared,
    and `may_update` says that writing `outcome` down would settle it: an error is never recorded by itself.
    """

    case: Case
    outcome: Outcome | None
    problem: str | None = None
    hint: str | None = None
    difference: tuple[str, ...] = ()
    may_update: bool = False


class Composing(Protocol):
    """What a case needs of a composer."""

    def compose(self, event: str, data: Mapping[str, object]) -> Body:
        """The body of one event."""
        ...


def find_cases(fixtures: Path) -> list[Case]:
    """The cases below a folder, by event and name: every folder on the second level that has a file of a case.

    Raises ConfigurationError where the folder cannot be read.
    """
    files = {MESSAGE, *Kind}
    try:
        return [
            Case(event.name, folder.name, folder)
            for event in _folders(fixtures)
            for folder in _folders(event)
            if any(path.name in files for path in folder.iterdir())
        ]
    except OSError as error:
        raise ConfigurationError(f"{fixtures} cannot be read: {error.strerror}.", file=str(fixtures)) from error


def run_case(composer: Composing, case: Case) -> CaseResult:
    """Composes the case's event and compares. Raises LedgerUnavailableError and ConfigurationError of the composer.

    An error of the program's own fails the case alone: its words may quote anything, and go to the debug log.
    """
    try:
        message = _read_message(case)
        expected = _read_expectation(case)
    except ConfigurationError as error:
        return CaseResult(case, None, error.message)
    try:
        outcome = _compose(composer, case.event, message)
    except EngineError:
        raise
    except Exception as error:
        _log.debug("an internal error", exc_info=error)
        problem = f"The program failed at this case ({type(error).__name__}), so nobody can say what it gives."
        return CaseResult(case, None, problem, "This is a fault of the program: report it. --debug shows where.")
    return _compare(case, expected, outcome, message.secret)


def record(result: CaseResult) -> CaseResult:
    """Writes the outcome into the case's folder where `may_update` allows that; the case as it stands now.

    Raises OSError.
    """
    if not result.may_update or result.outcome is None:
        return result
    line_end = b"" if result.outcome.kind is Kind.BODY else b"\n"
    (result.case.folder / result.outcome.kind).write_bytes(result.outcome.content + line_end)
    return CaseResult(result.case, result.outcome)


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")


def _read_message(case: Case) -> EventMessage:
    path = case.folder / MESSAGE
    if not path.exists():
        left = ", ".join(kind for kind in Kind if (case.folder / kind).exists())
        raise ConfigurationError(f"{path} is missing, so {left} belongs to no case: write the one or remove the other.")
    return read_message(_read(path), str(path))


def _read_expectation(case: Case) -> Outcome | None:
    there = [kind for kind in Kind if (case.folder / kind).exists()]
    if len(there) > 1:
        raise ConfigurationError(f"{case.folder} expects several things at once: {', '.join(there)}. Keep one of them.")
    if not there:
        return None
    path = case.folder / there[0]
    content = _read(path)
    if there[0] is Kind.ERROR and not _names_error(content.strip()):
        raise ConfigurationError(f"{path} names no error of the engine; write its class, such as EmptyResultError.")
    return Outcome(there[0], content if there[0] is Kind.BODY else content.strip())


def _names_error(name: bytes) -> bool:
    kind = getattr(errors, name.decode(errors="replace"), None)
    return isinstance(kind, type) and issubclass(kind, EngineError)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from error


def _compose(composer: Composing, event: str, message: EventMessage) -> Outcome:
    try:
        body = composer.compose(event, message.data)
        if body.skip_reason is not None:
            return Outcome(Kind.SKIP, body.skip_reason.strip().encode(errors="backslashreplace"), body)
        return Outcome(Kind.BODY, body.fill(message.secret), body)
    except (LedgerUnavailableError, ConfigurationError):
        raise
    except EngineError as error:
        return Outcome(Kind.ERROR, type(error).__name__.encode(), message=error.message)


def _compare(case: Case, expected: Outcome | None, outcome: Outcome, secret: str | None) -> CaseResult:
    is_recordable = outcome.kind is not Kind.ERROR
    if expected is None:
        if not is_recordable:
            advice = f"If that is meant, write {outcome.content.decode()} into {Kind.ERROR.value}."
            return CaseResult(case, outcome, _what(outcome), advice)
        name = outcome.kind.value
        return CaseResult(case, outcome, f"{name} is missing.", f"--update writes {name}.", may_update=True)
    if expected.kind is not outcome.kind:
        way_out = f"If that is meant, remove {expected.kind.value} and run with --update." if is_recordable else None
        return CaseResult(case, outcome, f"{_what(expected)} was expected, but: {_what(outcome)}", way_out)
    if expected.content == outcome.content:
        return CaseResult(case, outcome)
    if outcome.kind is Kind.BODY:
        return _compare_bodies(case, expected, outcome, secret)
    wanted = expected.content.decode(errors="backslashreplace")
    return CaseResult(case, outcome, f'"{wanted}" was expected, but: {_what(outcome)}', may_update=is_recordable)


def _compare_bodies(case: Case, expected: Outcome, outcome: Outcome, secret: str | None) -> CaseResult:
    lines = difference(expected.content, outcome.content, secret)
    changed = changed_members(expected.content, outcome.content)
    shown = ", ".join(changed[:_MOST_MEMBERS])
    if len(changed) > _MOST_MEMBERS:
        shown += f" and {len(changed) - _MOST_MEMBERS} more"
    problem = f"The body differs from body.json: {shown}." if changed else "The body differs from body.json."
    hint = _GONE if any(each.endswith(" is gone") for each in changed) else None
    return CaseResult(case, outcome, problem, hint, difference=lines, may_update=True)


def _what(outcome: Outcome) -> str:
    text = outcome.content.decode(errors="backslashreplace")
    match outcome.kind:
        case Kind.BODY:
            return "a body"
        case Kind.SKIP:
            return f"no body, since {text}"
        case Kind.ERROR:
            return f"{text}: {outcome.message}" if outcome.message else text
        case _:
            assert_never(outcome.kind)
