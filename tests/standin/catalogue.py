"""What clients ask every server for as they connect, with answers like those of a SQL Server 2022."""

from __future__ import annotations

from typing import Final

from standin.records import Answer, Rows


def _one(match: str, name: str, type_: str, value: object) -> Answer:
    return Answer(rf"^\s*select\s+{match}\s*$", [Rows([(name, type_)], [[value]])])


BUILT_IN: Final = (
    _one(
        r"(cast\s*\(\s*)?serverproperty\('productversion'\)(\s*as\s*varchar\s*\))?", "", "varchar(128)", "16.0.4135.4"
    ),
    _one(r"@@version", "", "nvarchar(300)", "Microsoft SQL Server 2022 (a stand-in for tests)"),
    _one(r"schema_name\(\)", "", "nvarchar(128)", "dbo"),
    _one(r"db_name\(\)", "", "nvarchar(128)", "aptic"),
    Answer(  # what the engine asks at its first connection, answered as of a login that may only read
        "is_read_committed_snapshot_on",
        [
            Rows(
                [
                    ("name", "nvarchar(128)"),
                    ("snapshot_isolation_state", "tinyint"),
                    ("is_read_committed_snapshot_on", "bit"),
                ],
                [["aptic", 1, True]],
            )
        ],
    ),
    Answer("fn_my_permissions", [Rows([("right", "nvarchar(128)"), ("object", "nvarchar(517)")])]),
    _one(r"cast\('test max support' as nvarchar\(max\)\)", "", "nvarchar(max)", "test max support"),
)
"""Tried after a test's own answers; `@@trancount` and `@@spid` are the session's."""

_DATATYPE_COLUMNS: Final = (
    ("TYPE_NAME", "nvarchar(128)"),
    ("DATA_TYPE", "smallint"),
    ("PRECISION", "int"),
    ("LITERAL_PREFIX", "varchar(32)"),
    ("LITERAL_SUFFIX", "varchar(32)"),
    ("CREATE_PARAMS", "varchar(32)"),
    ("NULLABLE", "smallint"),
    ("CASE_SENSITIVE", "smallint"),
    ("SEARCHABLE", "smallint"),
    ("UNSIGNED_ATTRIBUTE", "smallint"),
    ("MONEY", "smallint"),
    ("AUTO_INCREMENT", "smallint"),
    ("LOCAL_TYPE_NAME", "nvarchar(128)"),
    ("MINIMUM_SCALE", "smallint"),
    ("MAXIMUM_SCALE", "smallint"),
    ("SQL_DATA_TYPE", "smallint"),
    ("SQL_DATETIME_SUB", "smallint"),
    ("NUM_PREC_RADIX", "int"),
    ("INTERVAL_PRECISION", "smallint"),
    ("USERTYPE", "smallint"),
)
_DATATYPES: Final = {
    12: ("varchar", 8000, "'", "max length", None, 12),
    -9: ("nvarchar", 4000, "N'", "max length", None, -9),
    -3: ("varbinary", 8000, "0x", "max length", None, -3),
    93: ("datetime2", 27, "'", "scale", 7, 9),
}
"""By ODBC's number, what pyodbc asks for: the name, the size, how a literal begins, the parameter, the scale."""


def data_types(number: int) -> Rows:
    """What sp_datatype_info_100 tells of the types with that ODBC number; none for a type that nobody asks for."""
    found = _DATATYPES.get(number)
    if found is None:
        return Rows(_DATATYPE_COLUMNS)
    name, size, prefix, facet, scale, sql_type = found
    suffix = None if prefix == "0x" else "'"
    first = (name, number, size, prefix, suffix, facet, 1, 0, 3, None, 0, None, name)
    return Rows(
        _DATATYPE_COLUMNS, [(*first, 0 if scale else None, scale, sql_type, 3 if scale else None, None, None, 0)]
    )
