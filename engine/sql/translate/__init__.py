"""Translation of T-SQL SELECTs to PostgreSQL and DuckDB: an allow-list of nodes, each with a proven rewrite."""

from engine.sql.translate.translator import Translation, translate, translate_view

__all__ = ["Translation", "translate", "translate_view"]
