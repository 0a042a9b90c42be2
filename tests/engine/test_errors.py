import pickle
import re
from collections.abc import Iterator

import pytest

import engine
from engine import errors
from engine.errors import BindingError, EngineError, InvalidDefinitionError, LedgerError, QueryError
from engine.model import Diagnostic, Severity

FINDING = Diagnostic("schema", Severity.ERROR, "a.xml", 1, 2, "what")


def below(kind: type[EngineError]) -> Iterator[type[EngineError]]:
    """The module's classes, each before its own."""
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from below(child)


def copied(error: EngineError) -> EngineError:
    return pickle.loads(pickle.dumps(error))  # noqa: S301  # our own


def depth(kind: type[EngineError]) -> int:
    return kind.__mro__.index(EngineError)


def test_the_docstring_draws_the_tree() -> None:
    drawn = re.findall(r"^([│ ├└─]*)(\w+Error)\b(.*)$", errors.__doc__ or "", re.MULTILINE)
    assert [(len(indent) // 4, name) for indent, name, _ in drawn] == [
        (depth(kind), kind.__name__) for kind in below(EngineError)
    ]
    assert {name for _, name, text in drawn if "(retryable)" in text} == {
        kind.__name__ for kind in below(EngineError) if kind.retryable
    }


@pytest.mark.parametrize("kind", list(below(EngineError)))
def test_every_error_is_exported_and_pickles(kind: type[EngineError]) -> None:
    assert kind.__name__ in engine.__all__
    error = kind("what", definition="refund", file="refund.xml", line=3, step="lines", argument=2, column="amount")
    found = copied(error)
    assert (type(found), str(found), vars(found)) == (kind, "what", vars(error))


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (BindingError("what", faults=("a", "b")), {"faults": ("a", "b")}),
        (InvalidDefinitionError("what", diagnostics=(FINDING,)), {"diagnostics": (FINDING,)}),
        (LedgerError("what", code="57014"), {"code": "57014"}),
        (QueryError("what", code="22012"), {"code": "22012"}),
    ],
)
def test_what_an_error_carries_is_kept(error: EngineError, field: dict[str, object]) -> None:
    assert vars(copied(error)).items() >= field.items()


def test_a_place_that_is_not_known_is_none() -> None:
    error = EngineError("what")
    assert error.message == "what"
    for field in ("definition", "file", "line", "step", "argument", "column"):
        assert getattr(error, field) is None
