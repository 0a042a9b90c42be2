"""What other programs may rely on: changing it is a change of version."""

import inspect
import typing

import pytest

import engine
from engine import Body, Composer

SURFACE = [
    "BatchForm",
    "BindingError",
    "Body",
    "Composer",
    "ConfigurationError",
    "DefinitionReference",
    "DefinitionState",
    "DefinitionStatus",
    "DefinitionUnavailableError",
    "Diagnostic",
    "EmptyResultError",
    "EncodingError",
    "EngineError",
    "InvalidDefinitionError",
    "LedgerError",
    "LedgerTimeoutError",
    "LedgerUnavailableError",
    "QueryError",
    "ReadOnlyRequiredError",
    "RelatedPlace",
    "Replacement",
    "ResultError",
    "Severity",
    "SkippedBodyError",
    "Status",
    "TooManyRowsError",
    "UnknownEventError",
]


def test_the_names_are_these() -> None:
    assert engine.__all__ == SURFACE == sorted(SURFACE)
    assert all(inspect.getdoc(getattr(engine, name)) for name in SURFACE)
    with pytest.raises(AttributeError, match="nosuch"):
        engine.nosuch  # noqa: B018


def test_the_composers_methods_are_those_of_the_definition_language() -> None:
    public = {name for name in vars(Composer) if not name.startswith("_")}
    assert public == {"load", "compose", "compose_many", "explain", "reload", "status", "close"}
    assert list(inspect.signature(Composer.compose).parameters) == ["self", "event", "data"]
    folder, *options = inspect.signature(Composer.load).parameters.values()
    assert folder.name == "folder"
    assert all(option.kind is option.KEYWORD_ONLY for option in options)
    assert {option.name: option.default for option in options} == {
        "ledger": inspect.Parameter.empty,
        "ledger_schema": None,
        "events": None,
        "time_zone": None,
        "databases": (),
        "timeout": 5.0,
        "max_rows": 1000,
        "require_read_only": False,
        "on_invalid": "raise",
    }


def test_the_bodys_methods_and_fields_are_those_of_the_definition_language() -> None:
    public = {name for name in vars(Body) if not name.startswith("_")}
    assert public == {"custom", "definition", "dump", "event", "fill", "load", "parts", "skip_reason"}
    assert typing.get_type_hints(Body)["skip_reason"] == str | None
