"""Composes webhook bodies from service definitions: XML, checked and compiled, runs as read-only SQL and gives JSON.

from engine import Composer
composer = Composer.load("definitions", ledger="postgresql+psycopg://…")
body = composer.compose("ledgerpayment", message)
body.fill("mySecret")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import (
    BindingError,
    ConfigurationError,
    DefinitionUnavailableError,
    EmptyResultError,
    EncodingError,
    EngineError,
    InvalidDefinitionError,
    LedgerError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
    ReadOnlyRequiredError,
    ResultError,
    SkippedBodyError,
    TooManyRowsError,
    UnknownEventError,
)
from engine.model import (
    BatchForm,
    DefinitionState,
    DefinitionStatus,
    Diagnostic,
    RelatedPlace,
    Replacement,
    Severity,
    Status,
)

if TYPE_CHECKING:
    from engine.body import Body, DefinitionReference
    from engine.composer import Composer

__all__ = [
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


def __getattr__(name: str) -> object:
    """Imports the two entry points on first use: the SQL parser behind them takes a third of a second to import."""
    match name:
        case "Composer":
            from engine.composer import Composer  # noqa: PLC0415  # see above

            return Composer
        case "Body" | "DefinitionReference":
            from engine import body  # noqa: PLC0415  # see above

            return getattr(body, name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
