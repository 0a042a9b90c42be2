"""The collations that a COLLATE clause may name (Microsoft Learn, "Windows Collation Name (Transact-SQL)")."""

from __future__ import annotations

from sqlglot import exp

from engine.model import Collation
from engine.sql.translate.faults import refused


def named_collation(node: exp.Expr, name: str) -> Collation:
    """The rules of a collation by the styles in its name; raises Refused for one whose rules are not carried."""
    styles = set(name.upper().split("_"))
    if "BIN2" in styles:
        return Collation(name, fold_case=False, fold_trailing_blanks=True, ordered=True)
    if "AS" in styles and len(styles & {"CI", "CS"}) == 1:
        return Collation(name, fold_case="CI" in styles, fold_trailing_blanks=True, ordered=False)
    hint = "use Latin1_General_100_BIN2, or a collation with CI_AS or CS_AS in its name"
    raise refused(node, f"the collation `{name}` is not carried to this ledger", hint)
