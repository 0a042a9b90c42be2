"""Reads a T-SQL DDL script: the tables, views, functions, synonyms and collation of a ledger. It runs nothing."""

from engine.sql.ddl.cursor import bracketed, identifier
from engine.sql.ddl.declared_types import declaration
from engine.sql.ddl.encoded import decode_script
from engine.sql.ddl.reader import SchemaFile, read_schema
from engine.sql.ddl.writer import write_schema

__all__ = ["SchemaFile", "bracketed", "declaration", "decode_script", "identifier", "read_schema", "write_schema"]
