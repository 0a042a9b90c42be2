"""What a template's expressions give: their schemas, from those of the names that they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from jinja2 import nodes

from engine.contract.schemas import (
    Json,
    is_open,
    may_be_null,
    null_schema,
    one_of,
    open_schema,
    or_null,
    types_of,
    without_null,
)
from engine.contract.values import fixed_number

Names = Mapping[str, Json]
"""The schemas of the names in sight."""

_BOOLEAN: Final[Json] = {"type": "boolean"}
_LOOP: Final[Json] = {
    "type": "object",
    "properties": {"first": _BOOLEAN, "last": _BOOLEAN, "index": {"type": "integer", "minimum": 1}},
}
_NUMERIC: Final = {"integer", "number"}


def loop_names(names: Names, row: str, rows: Json) -> dict[str, Json]:
    """The names in sight inside of a `for` over these rows."""
    return {**names, row: item_of(rows), "loop": _LOOP}


def expression_schema(node: nodes.Node, names: Names) -> Json:
    """The schema of an expression that the template's check has let pass."""
    handler = _HANDLERS.get(type(node))
    return handler(node, names) if handler is not None else open_schema()


def item_of(schema: Json) -> Json:
    """The schema of an array's items."""
    items = schema.get("items")
    return items if isinstance(items, dict) else open_schema()


def constant_schema(value: object) -> Json:
    """The schema of one value that JSON has."""
    if value is None:
        return null_schema()
    if isinstance(value, bool):
        return {"type": "boolean", "const": value}
    if isinstance(value, str):
        return {"type": "string", "const": value}
    if isinstance(value, int | Decimal):
        is_whole = isinstance(value, int) or (value.is_finite() and value == value.to_integral_value())
        return {"type": "integer" if is_whole else "number", "const": value}
    return open_schema()


def _constant(node: nodes.Const, _names: Names) -> Json:
    return constant_schema(node.value)


def _name(node: nodes.Name, names: Names) -> Json:
    return names.get(node.name, open_schema())


def _attribute(node: nodes.Getattr, names: Names) -> Json:
    return _member(expression_schema(node.node, names), node.attr)


def _item(node: nodes.Getitem, names: Names) -> Json:
    if not isinstance(node.arg, nodes.Const):
        return open_schema()
    return _member(expression_schema(node.node, names), node.arg.value)


def _member(schema: Json, key: str | int) -> Json:
    """A member or an item; null has none, and gives null again."""
    if is_open(schema):
        return open_schema()
    if "anyOf" in schema:
        return one_of([_member(each, key) for each in schema["anyOf"]])
    if schema == null_schema():
        return null_schema()
    found = item_of(schema) if isinstance(key, int) else schema.get("properties", {}).get(key, open_schema())
    return or_null(found) if may_be_null(schema) else found


def _conditional(node: nodes.CondExpr, names: Names) -> Json:
    otherwise = null_schema() if node.expr2 is None else expression_schema(node.expr2, names)
    return one_of([expression_schema(node.expr1, names), otherwise])


def _either(node: nodes.And | nodes.Or, names: Names) -> Json:
    return one_of([expression_schema(node.left, names), expression_schema(node.right, names)])


def _truth(_node: nodes.Node, _names: Names) -> Json:
    return dict(_BOOLEAN)


def _joined(_node: nodes.Concat, _names: Names) -> Json:
    return {"type": "string"}


def _sum(node: nodes.Add, names: Names) -> Json:
    """A sum of numbers, or two strings joined."""
    sides = expression_schema(node.left, names), expression_schema(node.right, names)
    types = [set(types_of(side)) - {"null"} for side in sides]
    nullable = any(map(may_be_null, sides))
    if all(found == {"string"} for found in types):
        return _nullable({"type": "string"}, nullable=nullable)
    return _reckoned(*sides) if all(found and found <= _NUMERIC for found in types) else open_schema()


def _difference(node: nodes.Sub, names: Names) -> Json:
    return _reckoned(expression_schema(node.left, names), expression_schema(node.right, names))


def _reckoned(*operands: Json) -> Json:
    scales = [_scale(operand) for operand in operands]
    known = [scale for scale in scales if scale is not None]
    found: Json = fixed_number(max(known)) if len(known) == len(scales) else {"type": "number"}
    return _nullable(found, nullable=any(map(may_be_null, operands)))


def _scale(schema: Json) -> int | None:
    """How many digits after the point the numbers of a schema have at most; None where that is not known."""
    types = set(types_of(schema)) - {"null"}
    if types == {"integer"}:
        return 0
    unit = schema.get("multipleOf", schema.get("const"))
    exponent = unit.as_tuple().exponent if isinstance(unit, Decimal) else None
    return -exponent if types <= _NUMERIC and isinstance(exponent, int) and exponent <= 0 else None


def _quotient(node: nodes.Div, names: Names) -> Json:
    sides = expression_schema(node.left, names), expression_schema(node.right, names)
    return _nullable({"type": "number"}, nullable=any(map(may_be_null, sides)))


def _whole_quotient(node: nodes.FloorDiv, names: Names) -> Json:
    sides = expression_schema(node.left, names), expression_schema(node.right, names)
    return _nullable({"type": "integer"}, nullable=any(map(may_be_null, sides)))


def _signed(node: nodes.Neg | nodes.Pos, names: Names) -> Json:
    return _reckoned(expression_schema(node.node, names))


def _nullable(schema: Json, *, nullable: bool) -> Json:
    return or_null(schema) if nullable else schema


def _filter(node: nodes.Filter, names: Names) -> Json:
    if node.node is None:
        return open_schema()
    value = expression_schema(node.node, names)
    nullable = may_be_null(value)
    match node.name:
        case "default":
            return _default(value, node, names)
        case "first" | "last":
            return or_null(item_of(value))
        case "int":
            return _nullable({"type": "integer"}, nullable=nullable)
        case "length":
            return _nullable({"type": "integer", "minimum": 0}, nullable=nullable)
        case "round":
            return _nullable(_rounded(node), nullable=nullable)
        case "lower" | "string" | "trim" | "upper":
            return _nullable({"type": "string"}, nullable=nullable)
    return open_schema()


def _default(value: Json, node: nodes.Filter, names: Names) -> Json:
    replacement = expression_schema(node.args[0], names) if node.args else constant_schema("")
    also_if_null = len(node.args) > 1 and isinstance(node.args[1], nodes.Const) and node.args[1].value is True
    return one_of([without_null(value) if also_if_null else value, replacement])


def _rounded(node: nodes.Filter) -> Json:
    digits = node.args[0].value if node.args and isinstance(node.args[0], nodes.Const) else None if node.args else 0
    return fixed_number(digits) if type(digits) is int and digits >= 0 else {"type": "number"}


_HANDLERS: Final[Mapping[type[nodes.Node], Callable[[Any, Names], Json]]] = {
    nodes.Add: _sum,
    nodes.And: _either,
    nodes.Compare: _truth,
    nodes.Concat: _joined,
    nodes.CondExpr: _conditional,
    nodes.Const: _constant,
    nodes.Div: _quotient,
    nodes.Filter: _filter,
    nodes.FloorDiv: _whole_quotient,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.Name: _name,
    nodes.Neg: _signed,
    nodes.Not: _truth,
    nodes.Or: _either,
    nodes.Pos: _signed,
    nodes.Sub: _difference,
    nodes.Test: _truth,
}
