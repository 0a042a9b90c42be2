"""What SQL Server refuses when it compiles a query, as far as the analysis is certain of it."""

from engine.sql.analysis.rules.finding import faults_of

__all__ = ["faults_of"]
