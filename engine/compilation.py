"""Compilation: turns a checked definition into statements in the ledger's dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from engine.conversion import may_convert
from engine.model import (
    CompiledDefinition,
    CompiledStep,
    Definition,
    Diagnostic,
    Dialect,
    Kind,
    OutputColumn,
    ParameterType,
    ResultKind,
    Severity,
    SqlType,
    Statement,
    Step,
    StepSource,
    Template,
)
from engine.sql.analysis import Analysis
from engine.sql.collations import code_page
from engine.sql.fault import SqlFault
from engine.sql.query import Query
from engine.sql.schema import LedgerSchema
from engine.sql.target import Target
from engine.sql.translate import Inference, Translation, infer, translate


class Analysed(Struct, frozen=True, eq=False, gc=False):
    """A query, and what it means by the target's schema."""

    query: Query
    analysis: Analysis


class Compilation(Struct, frozen=True, gc=False):
    """A compiled definition; None if a step cannot be translated for the ledger, and then `diagnostics` say why."""

    compiled: CompiledDefinition | None
    diagnostics: tuple[Diagnostic, ...]


_WITHOUT_TYPES = frozenset({"unknown-table", "unknown-column", "ambiguous-column", "group-by"})
"""The translation's rules whose findings do not depend on the types of placeholders."""


def compile_definition(
    definition: Definition,
    queries: Sequence[Analysed | None],
    typed: Sequence[bool],
    template: Template | None,
    target: Target,
) -> Compilation:
    """Compiles each step for the target ledger.

    `queries` has an item for each step, None if its SQL cannot be compiled. `typed` says for each step whether the
    types of its placeholders are known; if not, only findings about names and grouping are kept.
    """
    steps: list[CompiledStep] = []
    diagnostics: list[Diagnostic] = []
    for step, analysed, has_types in zip(definition.steps, queries, typed, strict=True):
        if analysed is None:
            continue
        found = _statement(definition.file, step, analysed, target)
        if isinstance(found, Statement):
            line = step.position.line
            steps.append(CompiledStep(step.name, step.result, step.output, found, step.arguments, line))
        else:
            diagnostics += [fault for fault in found if has_types or fault.rule in _WITHOUT_TYPES]
    if len(steps) < len(definition.steps):
        return Compilation(None, tuple(diagnostics))
    diagnostics += _inconvertible(definition.file, steps)
    return Compilation(CompiledDefinition(definition, tuple(steps), template), tuple(diagnostics))


def _inconvertible(file: str, steps: Sequence[CompiledStep]) -> Iterator[Diagnostic]:
    """Findings for arguments that take a value from an earlier step's column whose type cannot be converted."""
    known = {
        (step.name.casefold(), column.name.casefold()): column.type
        for step in steps
        if step.name is not None
        for column in step.statement.columns
    }
    for argument in (argument for step in steps for argument in step.arguments):
        if not isinstance(source := argument.source, StepSource):
            continue
        column = known.get((source.step.casefold(), source.column.casefold()))
        if column is not None and not may_convert(argument.type, column.kind):
            place = argument.source_position
            message = (
                f"The column {source.column} is a {column.kind}, which can never be a value of type {argument.type}."
            )
            hint = "Choose another type, or CAST the column in its query."
            yield Diagnostic("argument-source", Severity.ERROR, file, place.line, place.column, message, hint)


def _statement(file: str, step: Step, analysed: Analysed, target: Target) -> Statement | list[Diagnostic]:
    query, holes = analysed.query, step.secret_placeholders
    row_limit = target.max_rows + 1 if step.result is ResultKind.MANY else 2
    if target.dialect is Dialect.SQL_SERVER or target.schema is None:
        return _as_written(file, step, analysed, target.schema, row_limit)
    found = translate(
        query,
        target.schema,
        target.dialect,
        argument_types=tuple([argument.type for argument in step.arguments]),
        nullable=tuple([argument.nullable for argument in step.arguments]),
        holes=holes,
        row_limit=row_limit,
        time_zone=target.time_zone,
        approximate=target.approximate,
        analysis=analysed.analysis,
    )
    if isinstance(found, Translation):
        # A `*` does not name the body's members. It is an error already, so there is nothing to compile.
        if any(output.is_star for output in query.outputs):
            return []
        columns = _columns(query, holes, found.columns)
        return Statement(
            found.sql,
            found.parameters,
            columns,
            many=found.many,
            why_one=found.why_one,
            approximations=found.approximations,
        )
    return [_diagnostic(file, step, fault) for fault in found]


def _as_written(
    file: str, step: Step, analysed: Analysed, schema: LedgerSchema | None, row_limit: int
) -> Statement | list[Diagnostic]:
    """For SQL Server: the author's own text, with the types that the schema tells."""
    query, types = analysed.query, tuple([argument.type for argument in step.arguments])
    inferred = Inference((None,) * len(query.outputs), {})
    if schema is not None:
        nullable = tuple([argument.nullable for argument in step.arguments])
        inferred = infer(query, analysed.analysis, schema, types, nullable=nullable, holes=step.secret_placeholders)
    faults = [
        SqlFault(
            "unsupported-type",
            output.offset,
            f"The column {output.name} is a {type_.other_name or 'type'} that has no JSON form.",
            "Leave it out, or CAST it.",
        )
        for output, type_ in zip(query.outputs, inferred.columns, strict=True)
        if type_ is not None and type_.kind is Kind.OTHER
    ]
    if faults:
        return [_diagnostic(file, step, fault) for fault in faults]
    parameters = [
        ParameterType(type_, _code_page(schema, inferred.compared.get(number))) for number, type_ in enumerate(types)
    ]
    columns = _columns(query, step.secret_placeholders, inferred.columns)
    why_one = "SQL Server gets a definition's own text"
    every = tuple(range(len(types)))
    return Statement(query.blanked, every, columns, tuple(parameters), row_limit, why_one=why_one)


def _code_page(schema: LedgerSchema | None, compared: SqlType | None) -> str | None:
    """The codec of a varchar column. None unless it is the database's own, in which varchar parameters are sent."""
    if schema is None or compared is None or compared.kind not in (Kind.CHAR, Kind.VARCHAR):
        return None
    names = [collation.name for collation in (compared.collation, schema.collation) if collation is not None]
    pages = {name and code_page(name) for name in names}
    return pages.pop() if len(names) == 2 and len(pages) == 1 else None


def _diagnostic(file: str, step: Step, fault: SqlFault) -> Diagnostic:
    place = step.sql.position(fault.offset)
    return Diagnostic(fault.rule, fault.severity, file, place.line, place.column, fault.message, fault.hint)


def _columns(query: Query, holes: frozenset[int], types: Sequence[SqlType | None]) -> tuple[OutputColumn, ...]:
    columns = [
        OutputColumn(output.name or "", type_, output.placeholder in holes)
        for output, type_ in zip(query.outputs, types, strict=True)
    ]
    return tuple(columns)
