"""The read-only rules against two corpora: what must be refused, and what authors write."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from engine.model import Kind, Severity, SqlType
from engine.sql import read_only
from engine.sql.ddl import read_schema
from engine.sql.fault import SqlFault
from engine.sql.query import parse_query
from engine.sql.schema import Column, Function, LedgerSchema, SchemaOrigin, Table
from engine.sql.wordlist import lines, words

CORPUS = Path(__file__).parents[1] / "corpus"
ESCAPE = re.compile(r"\\(?:U([0-9A-F]{8})|u([0-9A-F]{4})|(.))")
PLAIN = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
INT = SqlType(Kind.INT)
SCHEMA = LedgerSchema(
    SchemaOrigin.DDL,
    tables={
        ("dbo", "pg_orders"): Table("dbo", "pg_orders", (Column("a", INT), Column("doc", SqlType(Kind.XML)))),
        ("dbo", "odd/name"): Table("dbo", "odd/name", (Column("a", INT),)),
    },
    functions={
        ("dbo", "balance"): Function("dbo", "balance", (INT,), INT),
        ("web", "lines"): Function("web", "lines", (INT,), None, (Column("a", INT),)),
    },
    synonyms={("dbo", "saldo"): ("dbo", "balance")},
)


def attacks() -> list[object]:
    found = []
    for line in (CORPUS / "attacks.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            rule, _, query = line.partition("  ")
            unescaped = ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else PLAIN[m[3]], query)
            found.append(pytest.param(rule, unescaped, id=line[:60]))
    return found


def legitimate() -> list[object]:
    text = (CORPUS / "legitimate.sql").read_text(encoding="utf-8")
    parts = re.split(r"^### (.*)\n", text, flags=re.MULTILINE)[1:]
    return [pytest.param(query, id=title) for title, query in zip(parts[::2], parts[1::2], strict=True)]


def faults(query: str, *, schema: LedgerSchema | None = SCHEMA, **options: object) -> list[SqlFault]:
    parsed = parse_query(query)
    if parsed.query is None:
        return list(parsed.faults)
    return read_only.check(parsed.query, **{"schema": schema, "is_sql_server": True, **options})


def rules(query: str, **options: object) -> list[str]:
    return [fault.rule for fault in faults(query, **options)]


@pytest.mark.parametrize(("rule", "query"), attacks())
def test_every_attack_is_refused_by_its_rule(rule: str, query: str) -> None:
    found = faults(query)
    assert rule in {fault.rule for fault in found}
    if rule != "dirty-read":
        assert any(fault.severity is Severity.ERROR for fault in found)


@pytest.mark.parametrize(("rule", "query"), attacks())
def test_every_fault_says_where_what_and_what_to_do(rule: str, query: str) -> None:
    for fault in faults(query):
        assert 0 <= fault.offset <= len(query)
        assert fault.message.endswith(".")
        assert fault.hint
        assert "sqlglot" not in fault.message
        assert "\x1b" not in fault.message


@pytest.mark.parametrize("query", legitimate())
def test_what_authors_write_has_no_fault(query: str) -> None:
    assert faults(query) == []
    assert faults(query, schema=None) == []
    assert faults(query.replace("\n", "\r\n")) == []


def test_the_corpora_are_large_enough() -> None:
    assert len(attacks()) >= 150
    assert len(legitimate()) >= 80


def places(query: str, **options: object) -> list[tuple[str, str]]:
    """Each fault's rule and the text from its place on."""
    return [(fault.rule, query[fault.offset :]) for fault in faults(query, **options)]


@pytest.mark.parametrize(
    "query",
    [
        "select dbo.balance(?) as a from t",
        "select DBO.Balance(a) as a from t",
        "select [dbo].[balance](a) as a, dbo . balance (b) as b from t",
        "select dbo.saldo(a) as a from t",
        "select l.a from web.lines(?) l",
        "select l.a from t cross apply web.lines(t.a) as l (a) where web.lines.x = 1",
    ],
)
@pytest.mark.parametrize("is_sql_server", [True, False])
def test_declared_functions_may_be_called(query: str, is_sql_server: bool) -> None:
    assert faults(query, is_sql_server=is_sql_server) == []


def test_undeclared_functions_are_refused_at_their_schema() -> None:
    query = "select a, dbo.nothing(1) as b from web.line(1) l"
    assert places(query) == [
        ("unknown-function", "dbo.nothing(1) as b from web.line(1) l"),
        ("unknown-function", "web.line(1) l"),
    ]
    assert "Did you mean web.lines?" in {fault.hint for fault in faults(query)}


def test_without_a_schema_functions_are_a_warning_on_sql_server_only() -> None:
    query = "select dbo.balance(1) as a from web.lines(1) l"
    found = faults(query, schema=None)
    assert [fault.rule for fault in found] == ["user-function", "user-function"]
    assert {fault.severity for fault in found} == {Severity.WARNING}
    assert rules(query, schema=None, is_sql_server=False) == ["unknown-function", "unknown-function"]


@pytest.mark.parametrize(
    "query",
    [
        "select p.doc.value('(/a)[1]', 'int') as a from pg_orders p",
        "select doc.query('/a') as a, doc.exist('/b') as b from pg_orders",
        "select n.c.value('.', 'int') as a from pg_orders p cross apply p.doc.nodes('/a/b') as n (c)",
        "select c.value('.', 'int') x from pg_orders cross apply doc.nodes('/a') m (b) cross apply b.nodes('c') n (c)",
        "select x.d.value('/a', 'int') as a from t cross apply (select cast(t.a as xml) as d) x",
        "select cast(a as xml).value('/a', 'int') as a from t",
        "select t.unknown.value('(/a)[1]', 'int') as a from t",
        "select x.c.value('.', 'int') as v from t x cross apply x.body.nodes('/a') as n (c)",
        "select (select b as c from u for xml path(''), type).value('.', 'nvarchar(max)') as a",
    ],
)
def test_methods_of_what_is_known_to_be_xml(query: str) -> None:
    assert faults(query) == []


PLACES = read_schema("CREATE TABLE place (node hierarchyid, at geography, shape sys.geometry, name nvarchar(9))").schema


@pytest.mark.parametrize(
    "query",
    [
        "select p.node.ToString() as a, node.GetLevel() as b from place p",
        "select place.node.GetAncestor(1).ToString() as a from place where place.node.IsDescendantOf(node) = 1",
        "select p.at.STDistance(q.at) as metres from place p join place q on p.at.STIntersects(q.at) = 1",
        "select x.made.STAsText() as a from (select p.shape.STBuffer(1) as made from place p) x",
        "with up as (select node from place) select up.node.GetAncestor(1).ToString() as a from up",
    ],
)
def test_methods_of_types_that_have_some(query: str) -> None:
    assert faults(query, schema=PLACES) == []


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("select p.node.tostring() as a from place p", "read-only"),
        ("select p.name.ToString() as a from place p", "read-only"),
        ("select p.node.Write() as a from place p", "read-only"),
        ("select other.node.ToString() as a from place p", "read-only"),
        ("select dbo.ToString() as a from place p", "unknown-function"),
        ("select p.node.GetAncestor(1).modify('x') as a from place p", "read-only"),
    ],
)
def test_no_other_methods(query: str, rule: str) -> None:
    assert [fault.rule for fault in faults(query, schema=PLACES)] == [rule]


@pytest.mark.parametrize(
    "query",
    [
        "select t.a.value('(/a)[1]', 'int') as a from t",
        "select other.x.value('(/a)[1]', 'int') as a from t",
        "select p.doc.VALUE('(/a)[1]', 'int') as a from pg_orders p",
        "select p.doc.value(p.a, 'int') as a from pg_orders p",
        "select p.doc.modify('delete /a') as a from pg_orders p",
        "select dbo.value('x') as a from pg_orders p",
    ],
)
def test_methods_of_anything_else(query: str) -> None:
    assert set(rules(query)) <= {"unknown-function", "read-only"}
    assert rules(query)


@pytest.mark.parametrize(
    "query",
    [
        "select dbo.balance(default) as x, dbo.balance(1) as y from t",
        "select s.a from t cross apply web.lines(default) s",
        "select dbo.split(t.a) as x, dbo.[left](t.a, 1) as y from t cross apply web.string_split(t.a, ',') s",
    ],
)
def test_functions_of_the_ledger_s_own_are_known_by_the_authors_name(query: str) -> None:
    names = ("split", "left", "string_split")
    functions = {("dbo", name): Function("dbo", name, (INT,), INT) for name in names}
    functions["web", "string_split"] = Function("web", "string_split", (INT,), None, (Column("a", INT),))
    assert faults(query, schema=replace(SCHEMA, functions={**SCHEMA.functions, **functions})) == []
    assert {fault.rule for fault in faults(query, schema=None)} == {"user-function"}


def test_default_stands_nowhere_else() -> None:
    for query in ("select default as a", "select a from t where b = default", "select isnull(default, 1) as a from t"):
        assert ("sql-syntax", "default") in [(rule, text[:7]) for rule, text in places(query)]


def test_three_part_names_need_their_database_listed() -> None:
    query = "select a from other.dbo.t"
    assert places(query) == [("read-only", "other.dbo.t")]
    assert "--database other" in (faults(query)[0].hint or "")
    assert faults(query, databases=("OTHER",)) == []
    assert rules("select a from other..t", databases=("other",)) == ["read-only"]
    assert rules("select a from other.sys.objects", databases=("other",)) == ["read-only"]
    assert rules("select a from [öther].dbo.t", databases=("other",)) == ["read-only"]
    assert rules("select a from [東京].dbo.t", databases=("京都",)) == ["read-only"]
    assert faults("select a from [ARKIV Å].dbo.t", databases=("arkiv å",)) == []
    assert rules("select a from tempdb.dbo.t", databases=("tempdb",)) == ["read-only"]
    assert rules("select a from srv.other.dbo.t", databases=("other",)) == ["read-only"]
    assert faults("select other.dbo.t.a from other.dbo.t", databases=("other",)) == []


def test_functions_of_a_listed_database() -> None:
    query = "select other.dbo.f(1) as a"
    assert rules(query, databases=("other",), schema=None) == ["user-function"]
    assert rules(query, databases=("other",)) == ["unknown-function"]
    assert rules(query, databases=(), schema=None) == ["read-only"]


def test_names_that_look_like_the_systems_are_fine_where_the_schema_declares_them() -> None:
    assert faults("select a from pg_orders") == []
    assert faults("select a from [odd/name]") == []
    assert rules("select a from pg_orders", schema=None) == ["read-only"]
    assert rules("select a from pg_others") == ["read-only"]


def test_dirty_reads_are_warnings_at_the_hint() -> None:
    query = "select a from t with (index(ix), NoLock) join u (readuncommitted) on 1 = 1"
    found = faults(query)
    assert [fault.severity for fault in found] == [Severity.WARNING] * 2
    assert places(query) == [
        ("dirty-read", "NoLock) join u (readuncommitted) on 1 = 1"),
        ("dirty-read", "readuncommitted) on 1 = 1"),
    ]


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("select a, pg_sleep(5) as b from t", "pg_sleep"),
        ("select a from t with (index(ix), updlock)", "updlock"),
        ("select a from t inner join sys.objects o on o.a = t.a", "sys.objects"),
        ("select a from t where b is 1", "b is 1"),
        ("select t.a, t.b = 1 from t", "t.b = 1"),
        ("select [t].b = 1 from t", "[t].b"),
        ("select a as order from t", "order"),
        ("select a as 5 from t", "5"),
        ("select a from t left join u", "join u"),
        ("select a from t where b and c = 1", "b and"),
        ("select a, b > 1 as c from t", "b > 1"),
    ],
)
def test_faults_point_at_the_offending_token(query: str, at: str) -> None:
    (place,) = places(query)
    assert place[1].startswith(at)


def test_all_faults_come_in_textual_order() -> None:
    query = "select pg_sleep(1) as a, dbo.x(1) as b from sys.objects with (nolock) where c in ()"
    found = faults(query)
    assert [fault.rule for fault in found] == ["read-only", "unknown-function", "read-only", "dirty-read", "sql-syntax"]
    assert [fault.offset for fault in found] == sorted(fault.offset for fault in found)


def test_every_listed_node_is_one_of_the_parsers() -> None:
    for line in lines("nodes.txt"):
        name, _, arguments = line.partition(":")
        assert set(arguments.split()) <= set(getattr(exp, name).arg_types), name


def test_every_listed_function_may_be_called() -> None:
    aggregates = words("functions.txt", "ordered aggregates")
    for name in sorted(words("functions.txt") - words("functions.txt", "xml methods", "tables", "full text")):
        calls = [f"{name}({arguments})" for arguments in ARGUMENTS]
        if name in aggregates:
            calls = [f"{name}(0.5) within group (order by b) over ()"]
        tried = [faults(f"select {call} as x from t") for call in calls]
        assert [] in tried, (name, tried[0])


ARGUMENTS = (
    "",
    "?",
    "?, ?",
    "?, ?, ?",
    "day, ?",
    "day, ?, ?",
    "?, ?, ?, ?",
    "?, ?, ?, ?, ?",
    "?, ?, ?, ?, ?, ?, ?",
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?",
    "?, ?, ?, ?, ?, ?, ?, ?",
    "? as int",
    "int, ?",
    "a = 1, ?, ?",
    "?) over (order by b",
    ") over (order by b",
    "'a': ?",
)


def test_the_forbidden_have_no_place_among_the_listed() -> None:
    listed = words("functions.txt")
    forbidden = """
        openrowset openquery opendatasource openxml generate_series decompress session_context host_name app_name
        suser_sname object_definition serverproperty connectionproperty pwdencrypt decryptbykey crypt_gen_random
        newsequentialid scope_identity ident_current object_id db_name col_name has_perms_by_name modify eventdata
    """
    assert listed.isdisjoint(forbidden.split())
    assert not any(name.startswith(("sp_", "xp_", "fn_", "pg_", "duckdb_")) for name in listed)


WORDS = """
select from where group by order having union all except with as on join left cross apply case when then else end and
or not in is null like between exists top distinct over partition values for json xml path a b t t.a dbo.t dbo.f( sum(
count( cast( convert( int varchar(10) ( ) ( ) , , . * = <> + - / ? 'x' N'y' [z] "w" 1 2.5 0x1F nolock offset fetch next
rows only at time zone collate pivot tablesample openjson( string_agg( .value('a','b') (a,b) system_time of row_number()
"""
MUTATIONS = st.tuples(
    st.sampled_from([query for param in legitimate() for query in param.values]),  # type: ignore[attr-defined]
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["", *WORDS.split()])), min_size=1, max_size=4),
)


@given(MUTATIONS)
@settings(max_examples=examples(1000), deadline=None)
def test_whatever_is_made_of_a_good_query_is_judged_and_never_trips(
    mutation: tuple[str, list[tuple[int, str]]],
) -> None:
    query, changes = mutation
    pieces = re.findall(r"\s+|\w+|.", query, flags=re.DOTALL)
    for place, word in changes:
        pieces[place % len(pieces)] = f" {word} " if word else ""
    text = "".join(pieces)
    for fault in faults(text, schema=None):
        assert 0 <= fault.offset <= len(text)
        assert fault.hint
        assert fault.rule in {
            *("read-only", "sql-syntax", "single-statement"),
            *("unknown-function", "user-function", "dirty-read", "compile-error"),
        }


@pytest.mark.parametrize("call", ["o.a.ToText()", "o.a.[value]('x', 'int')", "pg_orders.a.GetParent()"])
def test_a_method_that_a_column_has_not_is_no_other_database(call: str) -> None:
    source = "pg_orders" if call.startswith("pg_orders") else "pg_orders o"
    (fault,) = faults(f"select {call} as x from {source}")
    assert fault.rule == "read-only"
    assert "method" in fault.message
    (fault,) = faults("select other.dbo.f(1) as x from pg_orders o")
    assert "database" in fault.message
