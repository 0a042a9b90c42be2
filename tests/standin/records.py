"""What a test and the stand-in tell each other: what arrived, what is to be answered, what is to fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that arrived. `declared` is its type in the declaration, `wire` the type that its value came as."""

    name: str
    declared: str | None
    wire: str
    value: object


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of a client, which is one round trip.

    `kind` is `login`, `batch`, `transaction`, `attention` or the procedure's name (`sp_prepexec`, `sp_execute`, …);
    `session` is the server's number for the connection. `handle` is that of a prepared statement.
    """

    session: int
    kind: str
    sql: str = ""
    parameters: tuple[Parameter, ...] = ()
    handle: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong for statements whose text holds a match of the regular expression `match`, in any case.

    It passes over the first `skip` such statements and then strikes `times` times. After `wait` seconds comes the
    error, or the connection drops; where neither is planned the statement runs as if nothing had been. With
    `after_rows` that many rows of the result are sent first. `at` says what fails: a statement, or a login.
    An error of severity 20 or more ends the connection.
    """

    match: str = ""
    number: int | None = None
    message: str = "planned by a test"
    severity: int = 16
    state: int = 1
    drop: bool = False
    after_rows: int | None = None
    wait: float = 0.0
    skip: int = 0
    times: int = 1
    at: Literal["statement", "login"] = "statement"


@dataclass(frozen=True, slots=True)
class Rows:
    """A result set: columns by name and type (`decimal(9,2)`), or without columns the count of changed rows."""

    columns: Sequence[tuple[str, str]] = ()
    rows: Sequence[Sequence[object]] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What statements are answered with whose text holds a match of `match`: the ledger is not asked.

    With `before_query` the results come before the statement's own.
    """

    match: str
    results: Sequence[Rows]
    before_query: bool = False
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened since the last reset; `transactions` and `sessions` are those open now."""

    round_trips: int
    prepares: int
    executions: int
    statements: int
    sessions: int
    transactions: int
