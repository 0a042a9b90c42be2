"""Statements for SQL Server: the author's text, with the types of its parameters and columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.files import find_files
from engine.loading import load_files
from engine.model import ArgumentType, Dialect, Kind, LoadedFile, ParameterType, Statement
from engine.sql.ddl import read_schema
from engine.sql.target import Target

SCHEMA = """
create table dbo.t (
    code varchar(20) not null, name nvarchar(20), greek varchar(20) collate Greek_CI_AS,
    latin varchar(20) collate Latin1_General_100_CI_AS, ratio real, amount decimal(19, 2), x sql_variant
);
"""


def loaded(folder: Path, sql: str, types: str, schema: str | None = SCHEMA) -> LoadedFile:
    arguments = "".join(
        '<argument source="$secret" type="string"/>'
        if type_ == "secret"
        else f'<argument source="$data.data.ledgeraccountid" type="{type_}"/>'
        for type_ in types.split()
    )
    (folder / "statuschange.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>statuschange</name><steps><query>"
        f"<![CDATA[{sql}]]>{arguments}</query></steps></aptic_service_definition>"
    )
    known = read_schema(schema).schema if schema is not None else None
    (file,) = load_files(find_files([folder]), Catalogue.load(), Target(Dialect.SQL_SERVER, known))
    return file


def statement(folder: Path, sql: str, types: str, schema: str | None = SCHEMA) -> Statement:
    file = loaded(folder, sql, types, schema)
    assert file.compiled is not None, file.diagnostics
    return file.compiled.steps[0].statement


def test_the_text_is_the_authors_with_its_comments_blanked(tmp_path: Path) -> None:
    made = statement(tmp_path, "select code /* ? */ from dbo.t where code = ?", "string")
    assert made.sql == "select code         from dbo.t where code = ?"
    assert made.parameters == (0,)


def test_each_parameter_has_its_arguments_type(tmp_path: Path) -> None:
    made = statement(
        tmp_path, "select ? as [secret], name from dbo.t where amount = ? and name = ?", "secret decimal string"
    )
    assert made.parameter_types == (
        ParameterType(ArgumentType.STRING),
        ParameterType(ArgumentType.DECIMAL),
        ParameterType(ArgumentType.STRING),
    )


@pytest.mark.parametrize(
    ("column", "code_page"),
    [("code", "cp1252"), ("latin", "cp1252"), ("greek", None), ("name", None), ("upper(code)", None)],
)
def test_a_varchar_column_gives_its_code_page_where_the_wire_has_the_same(
    tmp_path: Path, column: str, code_page: str | None
) -> None:
    made = statement(tmp_path, f"select code from dbo.t where {column} = ?", "string")
    assert made.parameter_types == (ParameterType(ArgumentType.STRING, code_page),)


def test_columns_have_the_types_of_the_schema(tmp_path: Path) -> None:
    types = [column.type for column in statement(tmp_path, "select ratio, getdate() as n from dbo.t", "").columns]
    assert [None if type_ is None else type_.kind for type_ in types] == [Kind.REAL, Kind.DATETIME]


def test_without_a_schema_nothing_is_known(tmp_path: Path) -> None:
    made = statement(tmp_path, "select code from dbo.t where code = ?", "string", None)
    assert made.columns[0].type is None
    assert made.parameter_types == (ParameterType(ArgumentType.STRING),)


def test_a_column_without_a_json_form_is_refused_at_its_place(tmp_path: Path) -> None:
    file = loaded(tmp_path, "select code, x from dbo.t", "")
    assert file.compiled is None
    (found,) = [diagnostic for diagnostic in file.diagnostics if diagnostic.rule == "unsupported-type"]
    assert (found.line, found.column) == (1, (tmp_path / "statuschange.xml").read_text().index("x from") + 1)
    assert "The column x is a sql_variant" in found.message


VIEW = SCHEMA + "go\ncreate view dbo.v as select code, upper(x) as shouted, amount * ratio as paid from dbo.t"


def test_a_type_that_nobody_knows_is_no_fault_on_sql_server(tmp_path: Path) -> None:
    made = statement(tmp_path, "select code, shouted from dbo.v where code = ?", "string", VIEW)
    assert [(column.name, column.type) for column in made.columns if column.type is None] == [("shouted", None)]
