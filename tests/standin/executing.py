"""One session's statements: settings, transactions, queries, and the faults that a test has planned."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final

from pysqlbridge.tds.result import QueryError
from pysqlbridge.tds.token import EnvChangeType, env_change
from standin.catalogue import data_types
from standin.errors import CANCELLED, ENDS_BATCH
from standin.hub import Hub, Plan, Step
from standin.querying import planned_shape
from standin.records import Answer, Fault, Rows
from standin.reply import Reply
from standin.script import StatementKind
from standin.typenames import named

_SET: Final = re.compile(
    r"set\s+(transaction\s+isolation\s+level|\w+(?:\s*,\s*\w+)*)\s+(.*)", re.IGNORECASE | re.DOTALL
)
_DELAY: Final = re.compile(r"waitfor\s+delay\s+'(\d+):(\d+):(\d+(?:\.\d+)?)'", re.IGNORECASE)
_OWN: Final = re.compile(r"^\s*select\s+@@(trancount|spid)(?:\s+(?:as\s+)?(\w+))?\s*$", re.IGNORECASE)
_DATA_TYPES: Final = re.compile(
    r"sp_datatype_info_100 (-?\d+),", re.IGNORECASE
)  # as FreeTDS asks, Microsoft's by a call
_WRITTEN: Final = re.compile(r"(?:into|update|from|table|proc\w*|exec\w*|view|on)\s+([\w.\[\]\"#]+)", re.IGNORECASE)


class DroppedError(Exception):
    """The connection ends here; `sent` is what goes out before."""

    def __init__(self, sent: bytes = b"") -> None:
        super().__init__("the connection is dropped")
        self.sent = sent


class CancelledError(Exception):
    """The client gave up waiting: its attention is the next message, and is all that is answered."""


class Executor:
    """Runs plans for one session. `cancel` is called by another thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._connection = hub.ledger.connect()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._is_running = False
        self._descriptor = 0
        self.spid = 0
        self.options: dict[str, str] = {}
        self.transactions = 0

    def run(self, plan: Plan, values: list[object], reply: Reply, tds_version: int) -> int:
        """Every statement of the plan; the number of the last error, or 0. Raises DroppedError, CancelledError."""
        failure = 0
        with self._lock:
            self._is_running = True
        try:
            for step in plan.steps:
                try:
                    self._step(step, values, reply)
                except QueryError as error:
                    if self._cancelled.is_set() or error.number == CANCELLED:
                        raise CancelledError from None
                    failure = error.number
                    if failure == 1205 or self._is_strict():
                        reply.add(self._end(EnvChangeType.ROLLBACK_TRAN, everything=True))
                    reply.error(error, tds_version)
                    if error.severity >= 20:
                        raise DroppedError(reply.finished()) from None
                    if self._ends_batch(failure):
                        break
        finally:
            with self._lock:
                self._is_running = False
                self._cancelled.clear()
        return failure

    def cancel(self) -> None:
        """Stop what is running, if anything is."""
        with self._lock:
            if self._is_running:
                self._cancelled.set()
                self._connection.interrupt()

    def reset(self) -> None:
        """Begin anew, as a pooled connection that is taken out again asks."""
        self.transactions = 0
        self.options.clear()

    def suffer_planned(self, text: str, reply: Reply) -> None:
        """What is planned for a message that is no statement; raises as `run` does, and QueryError."""
        fault = self._hub.strike(text)
        if fault is not None:
            self._suffer(fault, reply)

    def close(self) -> None:
        """End the session."""
        self.transactions = 0
        self._connection.close()

    def _ends_batch(self, number: int) -> bool:
        return number in ENDS_BATCH or self._is_strict()

    def _is_strict(self) -> bool:
        return self.options.get("xact_abort") == "on"

    def _step(self, step: Step, values: list[object], reply: Reply) -> None:
        run = _RUNNERS.get(step.statement.kind, Executor._other)
        fault = self._hub.strike(step.statement.text)
        if fault is None:
            run(self, step, values, reply)
        elif fault.after_rows is None:
            self._suffer(fault, reply)
            run(self, step, values, reply)
        else:
            partial = Reply(call=False)
            run(self, step, values, partial)
            reply.add(*partial.head(fault.after_rows))
            self._suffer(fault, reply)

    def _suffer(self, fault: Fault, reply: Reply) -> None:
        if fault.wait:
            self._wait(fault.wait)
        if fault.drop:
            raise DroppedError(reply.unfinished())
        if fault.number is not None:
            raise QueryError(fault.message, number=fault.number, severity=fault.severity, state=fault.state)

    def _wait(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise CancelledError

    def _query(self, step: Step, values: list[object], reply: Reply) -> None:
        statement = step.statement
        answer = self._answer(step)
        if answer is not None:
            for result in answer.results:
                self.give(result, reply)
            if not answer.before_query:
                return
        compiled = step.compiled
        if compiled is None:
            compiled = step.compiled = self._hub.ledger.compile(statement.sql, step.types)
        if step.ordinals and max(step.ordinals) >= len(values):
            raise QueryError("The parameterized query expects a parameter which was not supplied.", number=8178)
        rows = self._hub.ledger.run(self._connection, compiled, [values[ordinal] for ordinal in step.ordinals])
        limit = int(self.options.get("rowcount", "0"))
        rows = rows[:limit] if limit else rows
        reply.rows(compiled.shape.metadata, rows)
        reply.done(count=len(rows), selected=True)

    def _answer(self, step: Step) -> Answer | None:
        own = "@@" in step.statement.text and _OWN.match(step.statement.text)
        if own:
            value = self.transactions if own[1].lower() == "trancount" else self.spid
            return Answer("", [Rows([(own[2] or "", "int")], [[value]])])
        return self._hub.answer(step)

    def give(self, result: Rows, reply: Reply) -> None:
        """A planned result."""
        if not result.columns:
            reply.done(count=result.count)
            return
        shape = planned_shape([(name, named(type_)) for name, type_ in result.columns])
        reply.rows(shape.metadata, shape.encode(result.rows))
        reply.done(count=len(result.rows), selected=True)

    def _set(self, step: Step, _values: list[object], reply: Reply) -> None:
        found = _SET.match(step.statement.text)
        if found is None:
            raise QueryError("Incorrect syntax near 'set'.", number=102, severity=15)
        for name in found[1].split(","):
            self.options[" ".join(name.lower().split())] = " ".join(found[2].lower().split())
        reply.done()

    def _nothing(self, _step: Step, _values: list[object], reply: Reply) -> None:
        reply.done()

    def _delay(self, step: Step, _values: list[object], reply: Reply) -> None:
        found = _DELAY.match(step.statement.text)
        if found is None:
            raise QueryError("Incorrect syntax near 'waitfor'.", number=102, severity=15)
        self._wait(int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]))
        reply.done()

    def _begin(self, _step: Step, _values: list[object], reply: Reply) -> None:
        reply.add(self.begin())
        reply.done()

    def _commit(self, step: Step, _values: list[object], reply: Reply) -> None:
        if self.transactions or not step.statement.text.lower().startswith("if"):
            reply.add(self.commit())
        reply.done()

    def _rollback(self, step: Step, _values: list[object], reply: Reply) -> None:
        if self.transactions or not step.statement.text.lower().startswith("if"):
            reply.add(self.rollback())
        reply.done()

    def begin(self) -> bytes:
        """Open a transaction: the token that tells the client of an outermost one."""
        self.transactions += 1
        if self.transactions > 1:
            return b""
        self._descriptor += 1
        return env_change(EnvChangeType.BEGIN_TRAN, self._descriptor.to_bytes(8, "little"), b"")

    def commit(self) -> bytes:
        """End the innermost transaction; raises QueryError 3902 where none is open."""
        if not self.transactions:
            raise QueryError("The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.", number=3902)
        return self._end(EnvChangeType.COMMIT_TRAN, everything=False)

    def rollback(self) -> bytes:
        """End all transactions; raises QueryError 3903 where none is open."""
        if not self.transactions:
            raise QueryError("The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.", number=3903)
        return self._end(EnvChangeType.ROLLBACK_TRAN, everything=True)

    def _end(self, kind: EnvChangeType, *, everything: bool) -> bytes:
        was_open = self.transactions > 0
        self.transactions = 0 if everything else max(self.transactions - 1, 0)
        if not was_open or self.transactions:
            return b""
        return env_change(kind, b"", self._descriptor.to_bytes(8, "little"))

    def _write(self, step: Step, _values: list[object], reply: Reply) -> None:
        """What a login without rights is told; the ledger behind the stand-in cannot be written to anyway."""
        answer = self._hub.answer(step)
        if answer is not None:
            for result in answer.results:
                self.give(result, reply)
            return
        word = step.statement.text.split(None, 1)[0].upper()
        if word in ("CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "DENY"):
            raise QueryError(f"{word} permission denied in database 'aptic'.", number=262, severity=14)
        found = _WRITTEN.search(step.statement.text)
        right, name = "EXECUTE" if word.startswith("EXEC") else word, found[1] if found else "?"
        message = f"The {right} permission was denied on the object '{name}', database 'aptic', schema 'dbo'."
        raise QueryError(message, number=229, severity=14)

    def _other(self, step: Step, _values: list[object], reply: Reply) -> None:
        answer = self._hub.answer(step)
        asked = _DATA_TYPES.match(step.statement.text)
        if answer is None and asked is None:
            word = step.statement.text.split(None, 1)[0]
            raise QueryError(f"Incorrect syntax near '{word}'.", number=102, severity=15)
        for result in answer.results if answer is not None else [data_types(int(asked[1]))]:
            self.give(result, reply)


_RUNNERS: Final[dict[StatementKind, Callable[[Executor, Step, list[object], Reply], None]]] = {
    StatementKind.QUERY: Executor._query,
    StatementKind.SET: Executor._set,
    StatementKind.NOTHING: Executor._nothing,
    StatementKind.WAIT: Executor._delay,
    StatementKind.BEGIN: Executor._begin,
    StatementKind.COMMIT: Executor._commit,
    StatementKind.ROLLBACK: Executor._rollback,
    StatementKind.WRITE: Executor._write,
}
