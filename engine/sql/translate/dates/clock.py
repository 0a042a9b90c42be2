"""The present moment (Microsoft Learn, "GETDATE (Transact-SQL)" and its neighbours)."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from engine.model import Kind, SqlType
from engine.sql.translate.casts.cast_dates import rounded_to_ticks
from engine.sql.translate.emitter import Emitter, Entries, entry
from engine.sql.translate.faults import not_carried, refused
from engine.sql.translate.kinds import DATETIME
from engine.sql.translate.typed import Typed

# datetime2(7), of which the targets keep six digits; so it is called datetime2(6).
_PRECISE: Final = SqlType(Kind.DATETIME2, scale=6)
_UTC: Final = {"GETUTCDATE": DATETIME, "SYSUTCDATETIME": _PRECISE}


def current_timestamp(emitter: Emitter, node: exp.CurrentTimestamp) -> Typed:
    """GETDATE, CURRENT_TIMESTAMP and SYSDATETIME in the time zone of the ledger's SQL Server."""
    zone = emitter.request.time_zone
    if zone is None:
        raise refused(node, "the ledger's own clock has another time zone than SQL Server's", "give time_zone=")
    name = emitter.name_of(node) if "start" in node.meta else "CURRENT_TIMESTAMP"
    if name not in ("GETDATE", "SYSDATETIME", "CURRENT_TIMESTAMP"):
        raise not_carried(node, name, "use SYSDATETIME() or GETDATE()")
    return _now(emitter, zone, _PRECISE if name == "SYSDATETIME" else DATETIME)


def utc_now(emitter: Emitter, node: exp.Anonymous) -> Typed:
    """GETUTCDATE and SYSUTCDATETIME, which the parser has no class for."""
    name = str(node.this).upper()
    if node.expressions:
        raise refused(node, f"{name} has nothing in its parentheses", f"write {name}()")
    return _now(emitter, "UTC", _UTC[name])


def _now(emitter: Emitter, zone: str, type_: SqlType) -> Typed:
    sql = f"(CAST(now() AS timestamp with time zone) AT TIME ZONE {emitter.writer.text_literal(zone)})"
    return Typed(rounded_to_ticks(sql) if type_.kind is Kind.DATETIME else sql, type_)


CLOCK: Final[Entries] = {
    exp.CurrentTimestamp: entry(current_timestamp),
}
