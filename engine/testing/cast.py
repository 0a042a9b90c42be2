"""`CAST(literal AS type)`, as SQL Server Management Studio writes dates and decimals into its scripts of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from engine.model import Kind, SqlType
from engine.model.families import WITH_FRACTION
from engine.sql.ddl import declaration
from engine.testing import moments
from engine.testing.values import Convert

_OF_BYTES: Final[Mapping[Kind, Callable[[bytes], object]]] = {
    Kind.DATE: moments.date_of_bytes,
    Kind.DATETIME: moments.datetime_of_bytes,
    Kind.SMALLDATETIME: moments.smalldatetime_of_bytes,
}


def cast_value(forms: Mapping[str, Convert], column: SqlType, form: str, literal: str, written: str) -> object:
    """The value of a literal that is cast to the column's own type, which loses no more than the column itself.

    `written` is the type in the CAST, without blanks and brackets. Raises ValueError, its message going on after the
    column's name: for another type, which might cut or round, and as `forms` do.
    """
    if not _is_same(column, written.casefold()):
        raise ValueError(f"is {declaration(column)}: CAST to this type, or leave the CAST out")
    of_bytes = _OF_BYTES.get(column.kind)
    if form == "hex" and of_bytes is not None:
        digits = literal[2:]
        return of_bytes(bytes.fromhex("0" * (len(digits) % 2) + digits))
    if form not in forms or form == "default":
        raise ValueError(f"does not take a {form} literal in a CAST")
    return forms[form](literal)


def _is_same(column: SqlType, written: str) -> bool:
    """Whether a value comes to the column as if it were not cast: a time of seven digits is rounded only once."""
    name, parenthesis, facets = written.partition("(")
    name = {"numeric": "decimal", "dec": "decimal", "integer": "int"}.get(name, name)
    if column.kind in WITH_FRACTION:
        return name == column.kind and facets in ("", "7)", f"{column.scale})")
    if name == "decimal" and "," not in facets:
        facets = f"{facets.rstrip(')') or '18'},0)"
        parenthesis = "("
    return f"{name}{parenthesis}{facets}" == declaration(column)
