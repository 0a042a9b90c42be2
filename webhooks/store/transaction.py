"""Commands in one transaction: where one fails, what it did goes, and what the others did stays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError, SQLAlchemyError

from webhooks.errors import ServiceError, StoreError
from webhooks.store.command import Command, Pipelined, Together
from webhooks.store.statement import Prepared, pipelined
from webhooks.wording import counted

NOTHING_CHANGED: Final = "The store cannot write now; nothing was changed. Try again later."
_DISK_FULL: Final = ("SQLITE_FULL", "53100")
_ITS_OWN = (DataError, IntegrityError, InterfaceError, ProgrammingError)  # of one command; the transaction lives on
# A writer on SQLite takes its lock at once: a lock that it asks for later may be refused without waiting.
_BEGIN: Final = {"sqlite": Prepared("BEGIN IMMEDIATE"), "postgresql": Prepared("BEGIN")}
_ROLLBACK: Final = Prepared("ROLLBACK")
_SAVE, _RELEASE, _UNDO = map(Prepared, ("SAVEPOINT one", "RELEASE SAVEPOINT one", "ROLLBACK TO SAVEPOINT one"))
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Pending:
    """A command that somebody waits for; once it was run it has a result or an error."""

    command: Command[Any]
    size: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: object = None
    error: Exception | None = None

    def fail(self, cause: Exception, told: str = NOTHING_CHANGED) -> None:
        """Its error is a StoreError that says `told`."""
        self.error = StoreError(told)
        self.error.__cause__ = cause


class Transaction:
    """Begins on a connection whose statements would commit by themselves; who made it commits.

    The first to run needs no savepoint: where it fails, the transaction begins anew.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begin = _BEGIN[connection.dialect.name]
        self._is_open = False
        self._holds_something = False
        if connection.dialect.name == "sqlite":  # it may have to wait for its lock, which is no command's fault
            self._open()

    def run(self, commands: Sequence[Pending]) -> None:
        """Runs commands of one class together, or one. Passes over those that nobody waits for any more.

        Each then has its result or error. An error of the database that is not one command's alone is raised, and ends
        the transaction.
        """
        waited = [each for each in commands if not each.future.cancelled()]
        if len(waited) > 1 and self._run_together(waited):
            return
        for each in waited:
            self._run_alone(each)

    def _run_together(self, commands: Sequence[Pending]) -> bool:
        try:
            results = self._attempt(commands)
        except SQLAlchemyError as error:
            if not isinstance(error, _ITS_OWN):
                raise
            _log.info("the store refused %s together: %s", counted(len(commands), "command"), error_name(error))
            return False
        except Exception as error:  # by itself each command tells its own
            _log.info("%s failed together: %s", counted(len(commands), "command"), type(error).__name__)
            return False
        for each, result in zip(commands, results, strict=True):
            each.result, each.error = result, None
        return True

    def _run_alone(self, pending: Pending) -> None:
        try:
            try:
                (pending.result,) = self._attempt([pending])
            except IntegrityError:  # another process was quicker: now its rows are there to be seen
                (pending.result,) = self._attempt([pending])
            pending.error = None
        except _ITS_OWN as error:
            _log.error("the store refused a command: %s", error_name(error))
            pending.fail(error)
        except SQLAlchemyError:
            raise
        except Exception as error:  # whatever it is, its caller is to have it
            pending.error = error
            if not isinstance(error, ServiceError):
                _log.exception("a command failed")

    def _attempt(self, commands: Sequence[Pending]) -> Sequence[object]:
        """What they give. Where they raise, nothing of them stays."""
        try:
            first = commands[0].command
            is_pipelined = isinstance(first, Together | Pipelined)
            with pipelined(self._connection) if is_pipelined else nullcontext():
                self._save()
                if isinstance(first, Together):
                    results = type(first).run_together(self._connection, [each.command for each in commands])  # type: ignore[misc]  # all of its class
                else:
                    results = [first(self._connection)]
                self._keep()
        except _ITS_OWN:
            self._undo()
            raise
        except SQLAlchemyError:
            raise
        except Exception:
            self._undo()
            raise
        self._holds_something = True
        return results

    def _save(self) -> None:
        if not self._is_open:
            self._open()
        elif self._holds_something:
            _SAVE.run(self._connection)

    def _keep(self) -> None:
        if self._holds_something:
            _RELEASE.run(self._connection)

    def _undo(self) -> None:
        if self._holds_something:
            _UNDO.run(self._connection)
            _RELEASE.run(self._connection)
        else:
            self._is_open = False
            _ROLLBACK.run(self._connection)
            if self._connection.dialect.name == "sqlite":
                self._open()

    def _open(self) -> None:
        self._begin.run(self._connection)
        self._is_open = True


def error_name(error: BaseException) -> str:
    """What the database calls its error; never its text, which may quote values."""
    original = getattr(error, "orig", None) or error
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    name = f"{type(original).__name__} {code}" if code else type(original).__name__
    return f"the disk is full ({name})" if code in _DISK_FULL else name
