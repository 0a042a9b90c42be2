from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import pytest

from engine.errors import QueryError
from engine.execution.observed import Execution, ObservedSession
from engine.model import CompiledStep, ResultKind, Statement

# Two equal statements: only identity tells the steps apart.
FIRST = CompiledStep("first", ResultKind.ONE, True, Statement("select 1", (0,), ()), (), 10)
SECOND = CompiledStep("second", ResultKind.ONE, True, Statement("select 1", (0,), ()), (), 20)


class Session:
    def __init__(self) -> None:
        self.snapshots = 0

    def execute(self, statement: Statement, values: Sequence[object]) -> list[tuple[object, ...]]:
        if values[0] == "bad":
            raise QueryError("refused", code="22012")
        return [(1,), (2,)]

    def snapshot(self) -> AbstractContextManager[None]:
        self.snapshots += 1
        return nullcontext()


def test_tells_of_each_step_and_changes_nothing() -> None:
    seen: list[Execution] = []
    session = ObservedSession(Session(), "a.xml", (FIRST, SECOND), seen.append)
    assert session.execute(SECOND.statement, ["x"]) == [(1,), (2,)]
    assert session.execute(FIRST.statement, [None]) == [(1,), (2,)]
    assert [(execution.file, execution.step, execution.values, execution.rows) for execution in seen] == [
        ("a.xml", SECOND, ("x",), [(1,), (2,)]),
        ("a.xml", FIRST, (None,), [(1,), (2,)]),
    ]
    assert all(execution.seconds >= 0 for execution in seen)


def test_tells_also_of_a_step_that_fails() -> None:
    seen: list[Execution] = []
    session = ObservedSession(Session(), "a.xml", (FIRST,), seen.append)
    with pytest.raises(QueryError):
        session.execute(FIRST.statement, ["bad"])
    assert [execution.rows for execution in seen] == [None]


def test_a_snapshot_is_the_sessions_own() -> None:
    plain = Session()
    with ObservedSession(plain, "a.xml", (), lambda execution: None).snapshot():
        pass
    assert plain.snapshots == 1


def test_the_repr_shows_no_value() -> None:
    assert "canary" not in repr(Execution("a.xml", FIRST, ("canary",), [("canary",)], 0.1))
