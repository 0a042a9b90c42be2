"""What a query means: for each SELECT its sources and outputs, for each name its column, for each expression its type.

It refuses nothing: what the schema does not tell is unknown. What SQL Server would refuse is found by `rules/`.
"""

from engine.sql.analysis.analysing import analyse, references_of
from engine.sql.analysis.relations import Analysis, Column, Columns, Fact, Meaning, Reference, Scope, Source
from engine.sql.analysis.resolution import bare_name, find_table, is_column_name
from engine.sql.analysis.rules import faults_of

__all__ = [
    "Analysis",
    "Column",
    "Columns",
    "Fact",
    "Meaning",
    "Reference",
    "Scope",
    "Source",
    "analyse",
    "bare_name",
    "faults_of",
    "find_table",
    "is_column_name",
    "references_of",
]
