"""The frozen types that cross from one stage to the next. A type that stays within a stage is defined there."""

from engine.model.compiled import (
    CompiledDefinition,
    CompiledStep,
    LoadedFile,
    OutputColumn,
    ParameterType,
    Skip,
    Statement,
    Template,
)
from engine.model.definition import (
    DEFAULT_MAX_ROWS,
    Argument,
    ArgumentType,
    DataSource,
    Definition,
    LocatedText,
    Mark,
    ResultKind,
    SecretSource,
    Source,
    Step,
    StepSource,
)
from engine.model.diagnostic import Diagnostic, Position, Severity
from engine.model.dialect import Dialect
from engine.model.document import XML_BLANKS, XSI, Element, ParsedFile
from engine.model.event import Event, EventArgument
from engine.model.sqltype import BINARY, LEDGER_OWN, SQL_SERVER_DEFAULT, UNKNOWN, Collation, Kind, SqlType
from engine.model.status import BatchForm, DefinitionState, DefinitionStatus, Status

__all__ = [
    "BINARY",
    "DEFAULT_MAX_ROWS",
    "LEDGER_OWN",
    "SQL_SERVER_DEFAULT",
    "UNKNOWN",
    "XML_BLANKS",
    "XSI",
    "Argument",
    "ArgumentType",
    "BatchForm",
    "Collation",
    "CompiledDefinition",
    "CompiledStep",
    "DataSource",
    "Definition",
    "DefinitionState",
    "DefinitionStatus",
    "Diagnostic",
    "Dialect",
    "Element",
    "Event",
    "EventArgument",
    "Kind",
    "LoadedFile",
    "LocatedText",
    "Mark",
    "OutputColumn",
    "ParameterType",
    "ParsedFile",
    "Position",
    "ResultKind",
    "SecretSource",
    "Severity",
    "Skip",
    "Source",
    "SqlType",
    "Statement",
    "Status",
    "Step",
    "StepSource",
    "Template",
]
