"""The frozen types that cross from one stage to the next."""

from engine.model.compiled import CompiledDefinition, CompiledStep, OutputColumn, Skip, Statement, Template
from engine.model.definition import (
    Argument,
    ArgumentType,
    DataSource,
    Definition,
    LocatedText,
    ResultKind,
    SecretSource,
    Source,
    Step,
    StepSource,
)
from engine.model.diagnostic import Diagnostic, Position, Severity
from engine.model.event import Event, EventArgument
from engine.model.sqltype import BINARY, LEDGER_OWN, SQL_SERVER_DEFAULT, Collation, Kind, SqlType

__all__ = [
    "BINARY",
    "LEDGER_OWN",
    "SQL_SERVER_DEFAULT",
    "Argument",
    "ArgumentType",
    "Collation",
    "CompiledDefinition",
    "CompiledStep",
    "DataSource",
    "Definition",
    "Diagnostic",
    "Event",
    "EventArgument",
    "Kind",
    "LocatedText",
    "OutputColumn",
    "Position",
    "ResultKind",
    "SecretSource",
    "Severity",
    "Skip",
    "Source",
    "SqlType",
    "Statement",
    "Step",
    "StepSource",
    "Template",
]
