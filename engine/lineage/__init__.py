"""What a body comes from: for each of its members the ledger's columns that make its value or decide it."""

from engine.lineage.classified import ClassifiedMember, classified_members, is_traced
from engine.lineage.definition import DefinitionLineage, read_lineage, trace_definition
from engine.lineage.members import Member, Use
from engine.lineage.names import find_named, name_of, split_name, tables_named
from engine.lineage.origins import LedgerColumn, Trace, Untraced, is_shown, makes_value
from engine.lineage.summary import LineageSummary, MemberSummary, impact, summarise
from engine.lineage.tracer import Tracer

__all__ = [
    "ClassifiedMember",
    "DefinitionLineage",
    "LedgerColumn",
    "LineageSummary",
    "Member",
    "MemberSummary",
    "Trace",
    "Tracer",
    "Untraced",
    "Use",
    "classified_members",
    "find_named",
    "impact",
    "is_shown",
    "is_traced",
    "makes_value",
    "name_of",
    "read_lineage",
    "split_name",
    "summarise",
    "tables_named",
    "trace_definition",
]
