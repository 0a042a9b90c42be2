"""How a handler refuses."""

from __future__ import annotations

from sqlglot import exp

from engine.sql.fault import SqlFault
from engine.sql.query import node_offset


class Refused(Exception):  # noqa: N818  # not an error of the engine: it ends one branch of the translation
    """A construct is not carried. `fault` is None where the cause has been reported already."""

    def __init__(self, fault: SqlFault | None) -> None:
        super().__init__(fault.message if fault else "already reported")
        self.fault = fault


def refused(node: exp.Expr, message: str, hint: str | None, *, rule: str = "portability") -> Refused:
    """The exception that says why `node` is not carried; `message` and `hint` are made sentences."""
    return Refused(SqlFault(rule, node_offset(node), sentence(message), sentence(hint) if hint else None))


def not_carried(node: exp.Expr, what: str, hint: str) -> Refused:
    """The exception for T-SQL that this ledger cannot do, or is not proven to do with the same result."""
    return refused(node, f"{what} is not carried to this ledger", hint)


def sentence(text: str) -> str:
    """The text with a capital at its start and a full stop at its end."""
    return text[0].upper() + text[1:] + ("" if text.endswith(("?", ".")) else ".")
