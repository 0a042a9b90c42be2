"""What compilation makes of a definition: all that a call needs, with nothing left to parse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from engine.model.definition import Argument, ArgumentType, AuthorsComment, Definition, ResultKind
from engine.model.diagnostic import Diagnostic
from engine.model.sqltype import SqlType


@dataclass(frozen=True, slots=True)
class Skip:
    """A template's word that this event is not to be sent."""

    reason: str


class Template(Protocol):
    """A compiled `<body>` template."""

    def render(self, context: Mapping[str, object]) -> tuple[bytes, ...] | Skip:
        """The canonical JSON cut at each hole of the secret, or the reason to send nothing."""
        ...


class OutputColumn(Struct, frozen=True, gc=False):
    """An outermost output column, named by the definition's text. `type` is None where no schema tells it."""

    name: str
    type: SqlType | None
    is_hole: bool


class ParameterType(Struct, frozen=True, gc=False):
    """What a value is declared as where the driver must say so: on SQL Server.

    `code_page` is the codec of the varchar column that a string is compared with, None where there is none or it is not
    certain: an nvarchar parameter beside a varchar column makes a scan of a seek.
    """

    type: ArgumentType
    code_page: str | None = None


class Statement(Struct, frozen=True, gc=False):
    """One prepared query in the ledger's own dialect.

    `parameters` gives, for each placeholder of `sql` in the driver's order, the index of its argument in the step.
    A hole's placeholder is not among them on a translated ledger; on SQL Server it is, and is bound as a typed NULL.
    `parameter_types` has one for each of `parameters` on SQL Server, and is empty on other ledgers.
    `row_limit` is how many rows are of use, None where the text itself has that limit.
    `many` is the same query for many lists of values at once, where one is proven to give the same: it takes an array
    for each of `parameters`, and gives the columns and, last, the number of the list, from 1. Else `why_one` says why.
    `approximations` are the constructs, in words, that give nearly what SQL Server would. A service has none.
    """

    sql: str
    parameters: tuple[int, ...]
    columns: tuple[OutputColumn, ...]
    parameter_types: tuple[ParameterType, ...] = ()
    row_limit: int | None = None
    many: str | None = None
    why_one: str | None = None
    approximations: tuple[str, ...] = ()


class CompiledStep(Struct, frozen=True, gc=False):
    """A step ready to run."""

    name: str | None
    result: ResultKind
    output: bool
    statement: Statement
    arguments: tuple[Argument, ...]
    line: int


class CompiledDefinition(Struct, frozen=True, gc=False):
    """A definition ready to serve events. `contract` is the JSON Schema of its bodies, where it was asked for."""

    definition: Definition
    steps: tuple[CompiledStep, ...]
    template: Template | None
    contract: bytes | None = None


class LoadedFile(Struct, frozen=True, gc=False):
    """One file. `compiled` is there only where the file may be served; `text` is its decoded source where it has one.

    `ignored` are the findings that its `comments` ignore, which are not among the `diagnostics`.
    """

    path: Path
    definition: Definition | None
    compiled: CompiledDefinition | None
    diagnostics: tuple[Diagnostic, ...]
    text: str | None
    comments: tuple[AuthorsComment, ...] = ()
    ignored: tuple[Diagnostic, ...] = ()
