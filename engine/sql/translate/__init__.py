"""Translation of T-SQL SELECTs to PostgreSQL and DuckDB: an allow-list of nodes, each with a proven rewrite.

It runs nothing: what it writes is run by execution.
"""

from engine.sql.translate.inference import Inference, infer
from engine.sql.translate.translator import Translation, translate, translate_view

__all__ = ["Inference", "Translation", "infer", "translate", "translate_view"]
