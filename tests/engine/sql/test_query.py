"""What a query is parsed into, and what keeps a text from being one."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from waiting import processor_seconds_below

from engine.sql.fault import SqlFault
from engine.sql.query import MAX_LENGTH, MAX_TOKENS, MAX_TREE_DEPTH, Query, node_offset, outermost, parse_query

GUIDE = """
select
  la.uniqueid as invoiceguid, dh.debtref as invoicenumber, -- the ? in a comment
  sum(-t.transamount) as paidamount, ? as [secret]
from dat_ledgeraccount la
inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid
inner join dat_trans t on t.accountid = la.accountid and t.paymentid = ?
where la.ledgeraccountid = ? /* and '?' /* too */ */
group by la.uniqueid, dh.debtref
"""


def query(text: str) -> Query:
    parsed = parse_query(text)
    assert parsed.faults == ()
    assert parsed.query is not None
    return parsed.query


def faults(text: str) -> tuple[SqlFault, ...]:
    parsed = parse_query(text)
    assert parsed.query is None
    assert parsed.faults
    return parsed.faults


def outputs(text: str) -> list[tuple[str | None, str, bool, int | None]]:
    """Name, what the text has at the offset up to the next comma or blank, is it a star, its placeholder."""
    return [
        (output.name, text[output.offset :].replace(",", " ").split()[0], output.is_star, output.placeholder)
        for output in query(text).outputs
    ]


def test_the_guide_query() -> None:
    found = query(GUIDE)
    assert found.text == GUIDE
    assert [output.name for output in found.outputs] == ["invoiceguid", "invoicenumber", "paidamount", "secret"]
    assert [output.placeholder for output in found.outputs] == [None, None, None, 0]
    assert [GUIDE[offset : offset + 4] for offset in found.placeholders] == ["? as", "?\nwh", "? /*"]
    assert isinstance(found.tree, exp.Select)


def test_comments_are_blanked_offset_for_offset() -> None:
    found = query(GUIDE)
    assert len(found.blanked) == len(GUIDE)
    assert "comment" not in found.blanked
    assert "too" not in found.blanked
    assert found.blanked.count("\n") == GUIDE.count("\n")
    assert found.blanked[found.placeholders[2]] == "?"


def test_tokens_and_words_leave_out_comments_outer_semicolons_and_options() -> None:
    found = query("; select [a] /* x */ from T ; -- y")
    assert [found.text[token.start : token.end] for token in found.tokens] == ["select", "[a]", "from", "T"]
    assert found.words == ("select", "", "from", "t")
    assert query("select a from t option (recompile)").words == ("select", "a", "from", "t")


def test_each_placeholder_is_in_the_tree_once_and_numbered_by_its_place() -> None:
    text = "select top (?) charindex(?, b) as x, ? as y from t where a in (?, ?) order by z"
    found = query(text)
    placeholders = list(found.tree.find_all(exp.Placeholder))
    assert sorted(int(node.this) for node in placeholders) == [0, 1, 2, 3, 4]
    assert sorted(node.meta["start"] for node in placeholders) == list(found.placeholders)
    for node in placeholders:
        assert text[node.meta["start"]] == "?"
        assert found.placeholders[int(node.this)] == node.meta["start"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("select a from t order by b offset ? rows fetch next ? rows only", 2),
        ("select '?' as a, [?] as b, \"?\" as c, ? as d from t -- ?", 1),
        ("select case ? when ? then ? else ? end as a", 4),
        ("select a from t where b between ? and ? and c like ? escape ? and d in (select e from u where f = ?)", 5),
        ("select cast(? as int) as a, convert(varchar(10), ?, 112) as b, try_cast(? as date) as c", 3),
        ("select dateadd(day, ?, ?) as a, datediff(day, ?, ?) as b, datepart(year, ?) as c, eomonth(?, ?) as d", 7),
        ("select isnull(?, ?) as a, len(?) as b, left(?, ?) as c, format(?, ?) as d, parsename(?, ?) as e", 9),
        ("select string_agg(?, ?) within group (order by a) as a, lag(?, ?, ?) over (order by b) as b from t", 5),
        ("select sum(a) over (order by b rows between ? preceding and ? following) as a from t", 2),
        ("select a from (values (?, ?), (?, ?)) as v (a, b)", 4),
        ("with c as (select ? as a) select a from c where a = ? union all select b from dbo.f(?) x", 3),
        ("select a from t for system_time as of ? where b = ?", 2),
        ("select ? + ? * ? as a, -? as b, ~? as c", 5),
        ("select a from t cross apply openjson(?, '$.x') with (b int) j", 1),
        ("select json_value(?, ?) as a, iif(? = ?, ?, ?) as b, ? at time zone ? as c", 8),
    ],
)
def test_placeholders_at_every_place(text: str, count: int) -> None:
    found = query(text)
    assert len(found.placeholders) == count
    assert sorted(int(node.this) for node in found.nodes[exp.Placeholder]) == list(range(count))
    assert [text[offset] for offset in found.placeholders] == ["?"] * count


@pytest.mark.parametrize(
    "text",
    [
        "select ? ? from t",
        "select ?? from t",
        "select a as ? from t",
        "select a from ?",
        "select a from t ?",
        "select a from t as ?",
        "select t.? from t",
        "select ?.value('a', 'b') as x from t",
        "select a from t order by ?",
        "select sum(a) over (order by ?) as a from t",
        "select count(*) as n from t group by ?",
        "select a from t where a in ?",
        "select a from t where a is ?",
        "select a collate ? from t",
        "select cast(a as varchar(?)) as a from t",
        "select datename(?, a) as a from t",
        "select dateadd(?, 1, a) as a from t",
        "select top ? a from t order by a",
    ],
)
def test_a_placeholder_stands_for_a_value_only(text: str) -> None:
    (fault, *_) = faults(text)
    assert fault.rule == "sql-syntax"
    assert text[fault.offset] in "?."
    assert fault.hint


def test_outputs_of_all_kinds() -> None:
    text = (
        'select distinct top (5) percent with ties a as b, c d, [e f] as "g""h", x = h + 1, i \'j\', k.l, m.n.o, (p), '
        "((q)) as r, (?), ? as [s], t = ((?)), *, u.*, 1, null, count(*), (select a, b from c), "
        "case when 1 = 1 then 2 end, f(a, b) as fn from q.r order by a"
    )
    assert outputs(text) == [
        ("b", "a", False, None),
        ("d", "c", False, None),
        ('g"h', "[e", False, None),
        ("x", "x", False, None),
        ("j", "i", False, None),
        ("l", "k.l", False, None),
        ("o", "m.n.o", False, None),
        ("p", "(p)", False, None),
        ("r", "((q))", False, None),
        (None, "(?)", False, 0),
        ("s", "?", False, 1),
        ("t", "t", False, 2),
        (None, "*", True, None),
        (None, "u.*", True, None),
        (None, "1", False, None),
        (None, "null", False, None),
        (None, "count(*)", False, None),
        (None, "(select", False, None),
        (None, "case", False, None),
        ("fn", "f(a", False, None),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select a, b from t union all select c, d from u", ["a", "b"]),
        ("(select a from t) union select b from u", ["a"]),
        ("((select a from t) except (select b from u)) intersect select c from v", ["a"]),
        ("with c as (select x, y from t), d (z) as (select 1) select p, q from c, d", ["p", "q"]),
        ("with c as (select x from t) (select p from c) union (select q from c)", ["p"]),
        ("select a.b as [Mixed Case], c.D from a, c", ["Mixed Case", "D"]),
        ("select date, first as Limit, format from t", ["date", "Limit", "format"]),
        ("select a = (select max(b) from u), 'c' = ((select 1 as x)), [d] = (1) from t", ["a", "c", "d"]),
    ],
)
def test_the_first_branch_names_the_columns(text: str, expected: list[str]) -> None:
    assert [output.name for output in query(text).outputs] == expected


def test_for_json_on_the_whole_query_makes_one_column_without_a_name() -> None:
    (output,) = query("select a, ? as b from t for json path").outputs
    assert (output.name, output.placeholder) == (None, None)
    (output,) = query("select a from t union all select b from u for xml path('x')").outputs
    assert output.name is None


@pytest.mark.parametrize(
    ("text", "rule", "at"),
    [
        ("", "single-statement", ""),
        ("  -- nothing\n", "single-statement", "  --"),
        ("select 1; select 2", "single-statement", "; sel"),
        ("select 1 select 2", "single-statement", "select 2"),
        ("exec p", "read-only", "exec"),
        ("  insert into t values (1)", "read-only", "insert"),
        ("sp_who2 'x'", "read-only", "sp_who2"),
        ("select 1 x exec p", "read-only", "exec"),
        ("select a from #t", "read-only", "#t"),
        ("select @x as a", "read-only", "@x"),
        ("select {d '2026-11-24'} as a", "read-only", "{d"),
        ("select a b c", "sql-syntax", "c"),
        ("select a from t where (b = 1", "sql-syntax", "(b"),
        ("select a from t where b = 1)", "sql-syntax", ")"),
        ("select case when 1 = 1 2 end as a", "sql-syntax", "when"),
        ("select a as from t", "sql-syntax", "from t"),
        ("select as a from t", "sql-syntax", "as a"),
        ("select a from t where b = 1 as", "sql-syntax", "as"),
        ("select a from .t", "sql-syntax", ".t"),
        ("select t . 1 from t", "sql-syntax", ". 1"),
        ("select t.null from t", "sql-syntax", "null"),
        ("select a,\n  b c d\nfrom t", "sql-syntax", "d\nfrom"),
        ("select f(a b) from t", "sql-syntax", "b)"),
        ("select 'a", "sql-syntax", "'a"),
        ("select a\u2003from t", "sql-syntax", "\u2003"),
        ("select key from t", "sql-syntax", "key"),
        ("select a from t where (b = 1 c) = 2", "sql-syntax", "c)"),
        ("select (a b) from t", "sql-syntax", "b)"),
        ("select convert(varchar(10) x) as a from t", "sql-syntax", "x)"),
        ("select convert(int x, 112) as a from t", "sql-syntax", "x,"),
        ("select try_convert(dbo.code x) as a from t", "sql-syntax", "x)"),
        ("select a from t join u", "sql-syntax", "join u"),
        ("select a from t join u on u.a = t.a join v", "sql-syntax", "join v"),
        ("select a from t join (select 1 x) v", "sql-syntax", "join ("),
        ("select a from t left join u where 1 = 1", "sql-syntax", "join u"),
    ],
)
def test_faults_point_at_the_offending_token(text: str, rule: str, at: str) -> None:
    fault = faults(text)[0]
    assert fault.rule == rule
    assert text[fault.offset :].startswith(at)
    assert fault.hint


@pytest.mark.parametrize(
    "text",
    [
        "select convert(varchar(10), x) as a, convert (decimal(9, 2), convert(double precision, y), 1) as b from t",
        "select convert(dbo.code, x) as a, convert(varchar(max), y) as b from t",
        "select parse(x as int) as a, try_parse(y as date) as b from t",
        "select a from t, u join v on 1 = 1 cross join w cross apply (select 1 x) y, (z join q on 2 = 2)",
        "select a from t join u join v on v.a = u.a on u.a = t.a inner hash join w on 1 = 1",
        "select (select 1 b) as a, (a + 1) b, c d from t e order by (d)",
    ],
)
def test_what_looks_like_such_a_fault_and_is_none(text: str) -> None:
    query(text)


def test_all_the_faults_that_tokens_show_come_at_once_and_in_order() -> None:
    found = faults("select @a, #b from key where x = {fn now()} exec p")
    assert [fault.rule for fault in found] == ["read-only", "read-only", "sql-syntax", *["read-only"] * 2]
    assert [fault.offset for fault in found] == sorted(fault.offset for fault in found)


def test_the_message_names_the_statement() -> None:
    assert "INSERT" in faults("insert into t values (1)")[0].message
    assert "sp_who2" in faults("sp_who2 'x'")[0].message
    assert "procedure" in faults("sp_who2 'x'")[0].message


@pytest.mark.parametrize(
    "word", ["limit", "offset", "first", "next", "qualify", "interval", "rows", "format", "true", "apply"]
)
def test_words_of_other_dialects_are_names(word: str) -> None:
    assert [output.name for output in query(f"select {word}, t.{word} as x from t").outputs] == [word, "x"]


def test_real_is_told_from_float() -> None:
    found = query("select cast(a as real) as a, cast(b as float) as b, convert(real, c) as c, t.real as d from t")
    sizes = [[size.name for size in kind.expressions] for kind in found.nodes[exp.DataType] if kind.parent]
    assert sorted(sizes) == [[], ["24"], ["24"]]


def test_money_and_hexadecimal_literals_keep_their_digits() -> None:
    found = query("select $12.50 as a, 0x1F as b, N'Å''s' as c, 'it''s' as d")
    assert [node.this for node in found.nodes[exp.Literal]] == ["$12.50", "it's"]
    assert [node.this for node in found.nodes[exp.HexString]] == ["1F"]
    assert [node.this for node in found.nodes[exp.National]] == ["Å's"]


def test_not_less_and_not_greater() -> None:
    found = query("select a from t where a !< 1 and b !> 2")
    assert {exp.GTE, exp.LTE} <= set(found.nodes)


def test_node_offset_finds_the_first_part_that_has_a_place() -> None:
    text = "select a, sum(b) as c from t where t.d = 1"
    found = query(text)
    assert node_offset(found.nodes[exp.EQ][0]) == text.index("t.d")
    assert node_offset(found.nodes[exp.Sum][0]) == text.index("sum")
    assert node_offset(exp.Null()) == 0


def test_outermost_goes_through_set_operations_and_parentheses_only() -> None:
    tree = query("(select a from t) union all select b from (select c from u) x").tree
    assert [type(node) for node in outermost(tree)] == [exp.Union, exp.Subquery, exp.Select, exp.Select]


def nested(opening: str, middle: str, closing: str, depth: int) -> str:
    return "select " + opening * depth + middle + closing * depth


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000 + "select 1" + ")" * 49_000,
        nested("(", "1", ")", 40_000),
        nested("f(", "1", ")", 20_000),
        nested("(select ", "1", ")", 2_000),
        nested("case when 1 = 1 then ", "1", " end", 1_500),
        nested("not ", "1 = 1", "", 5_000),
        nested("- ", "1", "", 5_000),
        nested("~", "1", "", 5_000),
        "select 1" + " + 1" * 4_000,
        "select 1 where 1 = 1" + " and 1 = 1" * 2_000,
        "select 1" + " union all select 1" * 2_000,
        "select a" + ".b(1)" * 1_500,
        "select a" + ".query('x')" * 1_500,
        "select a from t" + " cross join t" * 2_000,
        "select a from t" + " join t" * 1_000 + " on 1 = 1" * 1_000,
        "with " + ", ".join(f"c{n} as (select 1 a)" for n in range(900)) + " select a from c1",
        "select " + "a" * 99_000,
        "select '" + "''" * 40_000 + "'",
        "select 1 /* " + "/* */ " * 15_000 + "*/",
        "select " + "[" * 50_000,
        "select " + "1, " * 4_000 + "1",
        "select 1 in (" + "?, " * 4_000 + "?)",
        "x " * 40_000,
        "; " * 40_000,
        "select " * 10_000,
        "{" * 50_000,
        "\x00" * 90_000,
    ],
    ids=lambda text: text[:30] + text[-10:],
)
def test_no_text_takes_long_or_escapes_as_an_exception(text: str) -> None:
    with processor_seconds_below(10):
        parsed = parse_query(text)
    assert (parsed.query is None) == bool(parsed.faults)


def test_limits_are_faults() -> None:
    for text in ("select '" + "x" * MAX_LENGTH + "' as a", "select a" + ", a" * MAX_TOKENS):
        assert [fault.rule for fault in faults(text)] == ["sql-syntax"]
    assert query("select a" + ", a" * 2_000)


@pytest.mark.parametrize(
    "text",
    [
        "select {} as a",
        "select -{} as a",
        "select ${} as a",
        "select {}.5 as a",
        "select {}e1 as a",
        "select 1e{} as a",
        "select top {} a from t",
        "select cast(a as varchar({})) as a from t",
        "select convert(varchar(3), a, {}) as a from t",
        "select ntile({}) over (order by a) as a from t",
        "select lag(a, {}) over (order by a) as a from t",
        "select a from t order by {}",
        "select a from t order by a offset {} rows",
        "select power(a, {}) as a from t",
        "select round(a, -{}) as a from t",
        "select left(a, {}) as a from t",
        "select dateadd(day, {}, a) as a from t",
    ],
)
def test_a_number_that_python_could_not_read_is_a_fault_at_its_place(text: str) -> None:
    (fault,) = faults(text.format("9" * 5_000))
    assert fault.rule == "sql-syntax"
    assert "characters; 1,000 are allowed" in fault.message
    assert text.format("9" * 5_000)[fault.offset :].lstrip("$-1e").startswith("9" * 4_000)


def test_digits_that_are_no_number_may_be_many() -> None:
    assert query(f"select '{'9' * 5_000}' as a, 0x{'9' * 5_000} as b, [{'9' * 5_000}] as c from t /* {'9' * 5_000} */")


def test_a_tree_is_no_deeper_than_the_limit() -> None:
    def deep(links: int) -> str:
        return "select a from t where b = 1" + " or b = 1" * links

    assert query(deep(MAX_TREE_DEPTH - 10))
    (fault,) = faults(deep(MAX_TREE_DEPTH + 10))
    assert (fault.rule, "deep" in fault.message) == ("sql-syntax", True)


PIECES = """
select from where group by order having union all except intersect with as on join left cross apply
case when then else end and or not in is null like between exists top distinct over partition values
option for json xml path a b t.a dbo.t dbo.f( sum( count( cast( convert( int varchar(10)
decimal(9,2) ( ) , . ; * = <> < + - / % ? 'x' N'y' [z] "w" 1 2.5 0x1F @x #t {d } :: || -- /* */ exec
drop into nolock offset fetch next rows only at time zone collate
"""
WORDS = st.sampled_from(PIECES.split())


@given(st.lists(WORDS, max_size=25).map(" ".join))
@settings(max_examples=examples(1000), deadline=None)
def test_any_words_give_a_query_or_faults_in_the_text(text: str) -> None:
    check_contract(text)


@given(st.lists(WORDS, max_size=25).map(lambda words: "select a " + " ".join(words)))
@settings(max_examples=examples(1000), deadline=None)
def test_any_words_after_select_give_a_query_or_faults_in_the_text(text: str) -> None:
    check_contract(text)


@given(st.text(max_size=80))
@settings(max_examples=examples(300), deadline=None)
def test_any_text_gives_a_query_or_faults_in_the_text(text: str) -> None:
    check_contract(text)


def check_contract(text: str) -> None:
    parsed = parse_query(text)
    assert (parsed.query is None) == bool(parsed.faults)
    for fault in parsed.faults:
        assert 0 <= fault.offset <= len(text)
        assert fault.rule in {"sql-syntax", "single-statement", "read-only"}
        assert fault.hint
    if parsed.query is not None:
        numbers = sorted(int(node.this) for node in parsed.query.tree.find_all(exp.Placeholder))
        assert numbers == list(range(len(parsed.query.placeholders)))
        assert all(text[offset] == "?" for offset in parsed.query.placeholders)
        assert parsed.query.outputs
