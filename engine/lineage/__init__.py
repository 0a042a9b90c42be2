"""What a body comes from: for each of its members the ledger's columns that make its value or decide it."""

from engine.lineage.classified import ClassifiedMember, classified_members, is_traced
from engine.lineage.definition import DefinitionLineage, trace_definition
from engine.lineage.members import Member, Use
from engine.lineage.origins import LedgerColumn, Trace, Untraced, is_shown, makes_value
from engine.lineage.tracer import Tracer

__all__ = [
    "ClassifiedMember",
    "DefinitionLineage",
    "LedgerColumn",
    "Member",
    "Trace",
    "Tracer",
    "Untraced",
    "Use",
    "classified_members",
    "is_shown",
    "is_traced",
    "makes_value",
    "trace_definition",
]
