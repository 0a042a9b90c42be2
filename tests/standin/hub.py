"""What all sessions of the stand-in share: the ledger, what is planned, and what has arrived."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pysqlbridge.tds.result import QueryError
from standin import reflecting
from standin.catalogue import BUILT_IN
from standin.querying import Compiled, Ledger
from standin.records import Answer, Arrival, Counts, Fault, Parameter
from standin.script import Statement, statements
from standin.typenames import declared, name_of

from engine.model import SqlType

_MOST_PLANS: Final = 512
_MOST_ARRIVALS: Final = 5000
_PREPARES: Final = frozenset({"sp_prepare", "sp_prepexec"})
_EXECUTIONS: Final = frozenset({"sp_prepexec", "sp_execute", "sp_executesql", "batch"})


class Step:
    """A statement of a plan; `ordinals` are the places of its parameters, `compiled` is made when it first runs."""

    __slots__ = ("built_in", "compiled", "ordinals", "statement", "types")

    def __init__(
        self,
        statement: Statement,
        places: dict[str, int],
        types: tuple[SqlType, ...],
        built_in: Sequence[Answer],
    ) -> None:
        unknown = next((name for name in statement.variables if name not in places), None)
        if unknown is not None:
            raise QueryError(f'Must declare the scalar variable "{unknown}".', number=137, severity=15)
        self.statement = statement
        self.ordinals = [places[name] for name in statement.variables]
        self.types = tuple(types[ordinal] for ordinal in self.ordinals)
        self.built_in = next(
            (answer for answer in built_in if re.search(answer.match, statement.text, re.IGNORECASE)), None
        )
        self.compiled: Compiled | None = None


class Plan:
    """A text with the declaration of its parameters, cut into steps."""

    def __init__(self, text: str, declaration: str, built_in: Sequence[Answer]) -> None:
        self.text = text
        parameters = declared(declaration)
        self.places = {name: place for place, name in enumerate(parameters)}
        self.types = tuple(parameters.values())
        self.names = tuple(parameters)
        self.steps = [Step(statement, self.places, self.types, built_in) for statement in statements(text)]


@dataclass(frozen=True, slots=True)
class Bound:
    """A plan with the values for one run, and the types that they came as."""

    plan: Plan
    values: list[object]
    wire: list[SqlType]

    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters as a test sees them."""
        return tuple(
            Parameter(name, name_of(type_), name_of(came), value)
            for name, type_, came, value in zip(self.plan.names, self.plan.types, self.wire, self.values, strict=False)
        )


class Hub:
    """Safe for threads."""

    def __init__(self, ledger: Ledger, logins: dict[str, str]) -> None:
        self.ledger = ledger
        self.lock = threading.Lock()
        self.faults: list[Fault] = []
        self.answers: list[Answer] = []
        self._arrivals: deque[tuple[Arrival, Bound | None]] = deque(maxlen=_MOST_ARRIVALS)
        self.configured = True
        self._logins = logins
        self._built_in = (*BUILT_IN, *reflecting.answers(ledger.schema))
        self._plans: dict[tuple[str, str], Plan] = {}
        self._counts = dict.fromkeys(("round_trips", "prepares", "executions", "statements"), 0)

    def admits(self, user: str, password: str) -> bool:
        """Whether the password is the user's, as pysqlbridge asks."""
        return self._logins.get(user) == password

    def plan(self, text: str, declaration: str) -> Plan:
        """The plan of a text, made once; raises QueryError."""
        key = (text, declaration)
        found = self._plans.get(key)
        if found is None:
            found = Plan(text, declaration, self._built_in)
            with self.lock:
                if len(self._plans) >= _MOST_PLANS:
                    self._plans.clear()
                self._plans[key] = found
        return found

    def arrived(self, arrival: Arrival, call: Bound | None = None, *, is_message: bool = True) -> None:
        """Note a message, or a further call of the same message."""
        counts = self._counts
        counts["round_trips"] += is_message
        counts["prepares"] += arrival.kind in _PREPARES
        counts["executions"] += arrival.kind in _EXECUTIONS
        self._arrivals.append((arrival, call))

    def arrivals(self) -> list[Arrival]:
        """What was noted, with the parameters written out."""
        return [
            arrival if call is None else replace(arrival, parameters=call.parameters())
            for arrival, call in list(self._arrivals)
        ]

    def strike(self, text: str, at: str = "statement") -> Fault | None:
        """The fault that is planned for this statement, which is used up by it."""
        self._counts["statements"] += at == "statement"
        if not self.faults:
            return None
        with self.lock:
            for index, fault in enumerate(self.faults):
                if fault.at != at or not re.search(fault.match, text, re.IGNORECASE):
                    continue
                if fault.skip:
                    self.faults[index] = replace(fault, skip=fault.skip - 1)
                elif fault.times:
                    self.faults[index] = replace(fault, times=fault.times - 1)
                    return fault
        return None

    def answer(self, step: Step) -> Answer | None:
        """What is planned as the statement's answer, or what every server answers it with."""
        if not self.answers:
            return step.built_in
        with self.lock:
            for index, answer in enumerate(self.answers):
                if answer.times == 0 or not re.search(answer.match, step.statement.text, re.IGNORECASE):
                    continue
                if answer.times is not None:
                    self.answers[index] = replace(answer, times=answer.times - 1)
                return answer
        return step.built_in

    def counts(self, sessions: int, transactions: int) -> Counts:
        """The counts so far."""
        return Counts(**self._counts, sessions=sessions, transactions=transactions)

    def reset(self) -> None:
        """Forget what is planned and what arrived."""
        with self.lock:
            self.faults.clear()
            self.answers.clear()
            self._arrivals.clear()
            self._counts = dict.fromkeys(self._counts, 0)
