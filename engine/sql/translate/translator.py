"""The translation of one statement: handlers over the tree, then numbered parameters and checked outputs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import exp

from engine.model import UNKNOWN, ArgumentType, Dialect, Kind, SqlType
from engine.sql.analysis import Analysis, references_of
from engine.sql.fault import SqlFault
from engine.sql.query import Query, node_offset, parse_query
from engine.sql.schema import LedgerSchema
from engine.sql.translate.allow_list import TABLES
from engine.sql.translate.emitter import Emitter, Request
from engine.sql.translate.many import ONE_ROW, why_no_set
from engine.sql.translate.relations import Relation
from engine.sql.translate.rows.common_tables import with_clause
from engine.sql.translate.writers import WRITERS


class Translation(Struct, frozen=True, gc=False):
    """A statement in the ledger's dialect.

    `parameters[k]` is the index of the argument that is bound to `$k+1`; they are in the author's order. `columns` are
    the T-SQL types of the outermost columns, so that values are written alike on every ledger; a decimal argument as a
    column has no scale but its own.
    `many` is the statement for many lists of arguments at once (see `many.py`), or None, and `why_one` says why.
    `approximations` are the constructs, in words, that give nearly what SQL Server would; there are none unless asked.
    """

    sql: str
    parameters: tuple[int, ...]
    columns: tuple[SqlType, ...]
    many: str | None = None
    why_one: str | None = None
    approximations: tuple[str, ...] = ()


def translate(
    query: Query,
    schema: LedgerSchema,
    dialect: Dialect,
    argument_types: tuple[ArgumentType, ...] = (),
    *,
    nullable: tuple[bool, ...] = (),
    holes: frozenset[int] = frozenset(),
    row_limit: int,
    time_zone: str | None = None,
    approximate: bool = False,
    analysis: Analysis | None = None,
) -> Translation | tuple[SqlFault, ...]:
    """The statement in `dialect`, giving what SQL Server would; or why that cannot be.

    `holes` are the ordinals of the placeholders that stand for the secret. `row_limit` bounds the rows of the whole.
    `time_zone` is the IANA name that GETDATE needs. With `approximate` strings may be ordered nearly as there, where
    the ledger can. `analysis` is the query's by that schema, where it is made already.
    """
    references = analysis.references if analysis is not None else None
    request = Request(
        query.text, schema, WRITERS[dialect], argument_types, nullable, holes, time_zone, approximate, references
    )
    bound = tuple([ordinal for ordinal in range(len(query.placeholders)) if ordinal not in holes])
    return _translated(request, query.tree, row_limit, bound)


def translate_view(
    tree: exp.Query, schema: LedgerSchema, dialect: Dialect, *, approximate: bool = False
) -> Translation | tuple[SqlFault, ...]:
    """The SELECT of a view in `dialect`, with lower-case column names; it has no placeholders.

    Its columns may be of any type: what has no JSON form is refused where a query selects it.
    """
    return _translated(Request("", schema, WRITERS[dialect], approximate=approximate), tree, None)


def _translated(
    request: Request, tree: exp.Query, row_limit: int | None, bound: tuple[int, ...] = ()
) -> Translation | tuple[SqlFault, ...]:
    """`bound` are the ordinals of the placeholders that take an argument: the holes do not."""
    try:
        if request.references is None:
            request = replace(request, references=references_of(tree, request.schema))
        return _carried(request, tree, row_limit, bound)
    except RecursionError:
        hint = "Compute a part of it in a derived table."
        return (SqlFault("portability", node_offset(tree), "The query is nested too deep to be carried.", hint),)


def _carried(
    request: Request, tree: exp.Query, row_limit: int | None, bound: tuple[int, ...]
) -> Translation | tuple[SqlFault, ...]:
    numbers = {ordinal: number for number, ordinal in enumerate(bound, start=1)}
    emitter = Emitter(request, TABLES, lambda ordinal: f"${numbers[ordinal]}")
    found = _written(emitter, tree, row_limit)
    if not isinstance(found, Written):
        return found
    near = tuple(sorted(emitter.approximations | _of_views(request, tree))) if request.approximate else ()
    if row_limit is None:
        return Translation(found.sql, bound, found.columns, approximations=near)
    why_one = why_no_set(emitter, tree, bound, row_limit)
    if why_one is not None:
        return Translation(found.sql, bound, found.columns, why_one=why_one, approximations=near)
    many = _for_many(request, tree, numbers, row_limit)
    why_one = "it would be too long for many" if many is None else None
    return Translation(found.sql, bound, found.columns, many, why_one, near)


def _of_views(request: Request, tree: exp.Query) -> frozenset[str]:
    """The approximations of the views that `tree` reads."""
    known = {request.schema.table(node.name, node.db or None) for node in tree.find_all(exp.Table)}
    found: frozenset[str] = frozenset()
    for view in known:
        read = parse_query(view.definition or "").query if view is not None and view.is_view else None
        if read is not None:
            made = _translated(Request("", request.schema, request.writer, approximate=True), read.tree, None)
            found = found.union(made.approximations) if isinstance(made, Translation) else found
    return found


def _for_many(request: Request, tree: exp.Query, numbers: dict[int, int], row_limit: int) -> str | None:
    """The statement for many lists: written once more, with columns for arguments. None where it becomes too long."""
    sets = request.writer.sets
    if sets is None:
        return None
    inner = _written(Emitter(request, TABLES, lambda ordinal: sets.argument(numbers[ordinal])), tree, row_limit)
    if not isinstance(inner, Written):
        return None
    types = [request.argument_types[ordinal] for ordinal in numbers]
    return sets.statement(inner.sql, types, len(inner.columns), keeps_order=row_limit > ONE_ROW)


class Written(Struct, frozen=True, gc=False):
    """A statement in the ledger's SQL, and the T-SQL types of its columns."""

    sql: str
    columns: tuple[SqlType, ...]


def _written(emitter: Emitter, tree: exp.Query, row_limit: int | None) -> Written | tuple[SqlFault, ...]:
    prefix = emitter.attempt(lambda: with_clause(emitter, tree))
    relation = emitter.attempt(lambda: emitter.relation(tree)) if prefix is not None else None
    if relation is None or emitter.faults:
        return tuple(sorted(emitter.faults, key=lambda fault: fault.offset))
    faults = tuple(_unsupported(relation, tree)) if row_limit is not None else ()
    if faults:
        return faults
    names = [output.name for output in relation.outputs]
    if row_limit is None:
        names = [name.lower() if name is not None else None for name in names]
    else:
        relation = relation.limited(_capped(relation.limit, row_limit))
    columns = tuple(output.value.type for output in relation.outputs)
    return Written((prefix or "") + relation.render(names), columns)


def _capped(limit: int | str | None, row_limit: int) -> int | str:
    """The smaller of the statement's own limit and ours."""
    if limit is None:
        return row_limit
    return min(limit, row_limit) if isinstance(limit, int) else f"least({limit}, {row_limit})"


def _unsupported(relation: Relation, tree: exp.Query) -> Iterator[SqlFault]:
    """The outermost columns whose values have no JSON form, or lose something on the way."""
    for number, output in enumerate(relation.outputs, start=1):
        kind = output.value.type.kind
        name = f"`{output.name}`" if output.name else f"number {number}"
        if output.value.type == UNKNOWN:
            message = f"The type of the column {name} is not known."
            hint = "CAST it; or write the view that it is from so that its type can be told."
            yield SqlFault("portability", node_offset(tree), message, hint)
        elif kind is Kind.OTHER:
            message = f"The column {name} is a {output.value.type.other_name or 'type'} that has no JSON form."
            yield SqlFault("unsupported-type", node_offset(tree), message, "Leave it out, or CAST it.")
        elif kind is Kind.DATETIMEOFFSET:
            message = f"The column {name} is a datetimeoffset, whose offset is lost on this ledger."
            yield SqlFault(
                "portability", node_offset(tree), message, "Keep it in a datetime2 column beside its offset."
            )
