"""The allow-lists, gathered: what is not in them is refused."""

from __future__ import annotations

import dataclasses
from typing import Final

from sqlglot import exp

from engine.model import Collation, Kind
from engine.model.families import INCOMPARABLE, STRINGS, WHOLE
from engine.sql.translate.casts.casts import cast
from engine.sql.translate.casts.tries import convert, try_cast
from engine.sql.translate.conditions.conditionals import CONDITIONALS, choose
from engine.sql.translate.conditions.predicates import PREDICATES
from engine.sql.translate.dates.clock import CLOCK, utc_now
from engine.sql.translate.dates.dates import DATES, moved_by_days
from engine.sql.translate.emitter import Emitter, Entries, Tables, entry
from engine.sql.translate.faults import not_carried
from engine.sql.translate.formats.function import FORMATS
from engine.sql.translate.literals import literal, national, null, paren, placeholder
from engine.sql.translate.numbers.number_functions import NUMBER_FUNCTIONS
from engine.sql.translate.numbers.numbers import arithmetic, computed, negative
from engine.sql.translate.rows.aggregates import AGGREGATES
from engine.sql.translate.rows.columns import column
from engine.sql.translate.rows.query import select
from engine.sql.translate.rows.set_operations import parenthesised, scalar_subquery, set_operation, values_table
from engine.sql.translate.rows.sources import SOURCES
from engine.sql.translate.rows.string_agg import STRING_AGG
from engine.sql.translate.rows.string_split import STRING_SPLIT
from engine.sql.translate.rows.windows import WINDOWS
from engine.sql.translate.text.replacing import replace
from engine.sql.translate.text.string_functions import STRING_FUNCTIONS, concatenated
from engine.sql.translate.text.string_making import STRING_MAKING, national_character
from engine.sql.translate.typed import Rank, Typed

# The types to which T-SQL adds a number of days.
_DAY_COUNTED: Final = frozenset({Kind.DATETIME, Kind.SMALLDATETIME})


def plus(emitter: Emitter, node: exp.Add) -> Typed:
    """`+` between numbers, between strings, or of days to a datetime."""
    left, right = emitter.scalar(node.left), emitter.scalar(node.right)
    if {left.type.kind, right.type.kind} & STRINGS:
        return concatenated(emitter, node, left, right)
    if right.type.kind in _DAY_COUNTED:
        left, right = right, left
    if left.type.kind in _DAY_COUNTED and right.type.kind in WHOLE:
        return moved_by_days(emitter, node, left, right, "+")
    return computed(emitter, node, left, right)


def minus(emitter: Emitter, node: exp.Sub) -> Typed:
    """`-` between numbers, or of days from a datetime."""
    left, right = emitter.scalar(node.left), emitter.scalar(node.right)
    if left.type.kind in _DAY_COUNTED and right.type.kind in WHOLE:
        return moved_by_days(emitter, node, left, right, "-")
    return computed(emitter, node, left, right)


def collated(emitter: Emitter, node: exp.Collate) -> Typed:
    """COLLATE: the named collation wins over the others around."""
    value, name = emitter.scalar(node.this), str(node.expression.name)
    if value.type.kind not in STRINGS - INCOMPARABLE:
        raise not_carried(node, f"COLLATE of {value.type.kind}", "leave COLLATE out, or CAST it to varchar(n) first")
    named = emitter.collation if name.casefold() == "database_default" else named_collation(node, name)
    return Typed(
        value.sql,
        dataclasses.replace(value.type, collation=named),
        constant=value.constant,
        is_typed_null=value.is_typed_null,
        rank=Rank.EXPLICIT,
        is_column=value.is_column,
    )


_SCALARS: Final[Entries] = {
    exp.Column: entry(column, "this", "table", "db"),
    exp.Literal: entry(literal, "this", "is_string"),
    exp.National: entry(national, "this"),
    exp.Null: entry(null),
    exp.Paren: entry(paren, "this"),
    exp.Placeholder: entry(placeholder, "this"),
    exp.Subquery: entry(scalar_subquery, "this"),
    exp.Add: entry(plus, "this", "expression"),
    exp.Sub: entry(minus, "this", "expression"),
    exp.Mul: entry(arithmetic, "this", "expression"),
    exp.Div: entry(arithmetic, "this", "expression", "typed"),
    exp.Mod: entry(arithmetic, "this", "expression"),
    exp.Neg: entry(negative, "this"),
    exp.Cast: entry(cast, "this", "to"),
    exp.TryCast: entry(try_cast, "this", "to", "safe"),
    exp.Convert: entry(convert, "this", "expression", "style", "safe"),
    "CHOOSE": entry(choose, "this", "expressions"),
    "GETUTCDATE": entry(utc_now, "this", "expressions"),
    "NCHAR": entry(national_character, "this", "expressions"),
    "SYSUTCDATETIME": entry(utc_now, "this", "expressions"),
    exp.Collate: entry(collated, "this", "expression"),
    exp.Replace: entry(replace, "this", "expression", "replacement", needs=("replacement",)),
    **CONDITIONALS,
    **AGGREGATES,
    **STRING_AGG,
    **WINDOWS,
    **NUMBER_FUNCTIONS,
    **STRING_FUNCTIONS,
    **STRING_MAKING,
    **DATES,
    **CLOCK,
    **FORMATS,
}
_SETS: Final = ("this", "expression", "distinct", "order", "limit", "offset", "with_")
_RELATIONS: Final[Entries] = {
    exp.Select: entry(
        select,
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "distinct",
        "with_",
        # OPTION (…) chooses a plan and changes no row.
        "options",
    ),
    exp.Union: entry(set_operation, *_SETS, "options"),
    exp.Except: entry(set_operation, *_SETS, "options"),
    exp.Intersect: entry(set_operation, *_SETS, "options"),
    exp.Values: entry(values_table, "expressions", "alias"),
    exp.Subquery: entry(parenthesised, "this"),
    **STRING_SPLIT,
}
TABLES: Final = Tables(scalars=_SCALARS, predicates=PREDICATES, relations=_RELATIONS, sources=SOURCES)


def named_collation(node: exp.Expr, name: str) -> Collation:
    """The rules of a collation by the styles in its name; raises Refused for one whose rules are not carried."""
    styles = set(name.upper().split("_"))
    if "BIN2" in styles:
        return Collation(name, fold_case=False, fold_trailing_blanks=True, ordered=True)
    if "AS" in styles and len(styles & {"CI", "CS"}) == 1:
        return Collation(name, fold_case="CI" in styles, fold_trailing_blanks=True, ordered=False)
    hint = "use Latin1_General_100_BIN2, or a collation with CI_AS or CS_AS in its name"
    raise not_carried(node, f"the collation `{name}`", hint)
