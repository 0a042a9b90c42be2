"""What mends each finding: whatever is applied, the file is well-formed, and the finding is gone."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.applying import apply
from engine.catalogue import Catalogue
from engine.model import Diagnostic, Dialect
from engine.parsing import parse
from engine.script import Script
from engine.sql.target import Target
from engine.validation.checker import check

SCHEMA = Path(__file__).parents[3] / "fixtures" / "ledger" / "schema.sql"
TARGET = Target(Dialect.SQL_SERVER, Script.read(SCHEMA).schema().schema)
CATALOGUE = Catalogue.load()


def definition(sql: str, *arguments: str, body: str = "") -> str:
    elements = "".join(f"\n      {argument}" for argument in arguments)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<aptic_service_definition>\n  <category>webhook</category>\n'
        f"  <name>ledgerpayment</name>\n  <steps>\n    <query>\n      <![CDATA[{sql}]]>{elements}\n    </query>\n"
        f"  </steps>\n{body}</aptic_service_definition>\n"
    )


def findings(text: str) -> list[Diagnostic]:
    return list(check(parse(text.encode(), "ledgerpayment.xml"), CATALOGUE, TARGET).diagnostics)


def mended(text: str, found: Iterable[Diagnostic]) -> str:
    return apply(text, [each.replacement for each in found if each.replacement is not None])


PAYMENT = '<argument source="$data.data.paymentid" type="int"/>'
ACCOUNT = '<argument source="$data.data.ledgeraccountid" type="int"/>'
SECRET = '<argument source="$secret" type="string"/>'
TAIL = "from dat_trans t where t.paymentid = ?"
WHERE = "where t.paymentid = ?"
SQL = [
    ("select t.tranamount as a", "select t.transamount as a", "unknown-column"),
    ("select t.[tranamount] as a", "select t.[transamount] as a", "unknown-column"),
    ('select t."tranamount" as a', 'select t."transamount" as a', "unknown-column"),
    ("select tranamount as a", "select transamount as a", "unknown-column"),
    ("select t.TransAmmount as a", "select t.transamount as a", "unknown-column"),
    ("select dat_trans.transamount as a", "select t.transamount as a", "unknown-column"),
    ('select t.transamount as a, "kr" as b', "select t.transamount as a, 'kr' as b", "unknown-column"),
    ("select isnul(t.transamount, 0) as a", "select isnull(t.transamount, 0) as a", "read-only"),
    ("select COALESEC(t.transamount, 0) as a", "select COALESCE(t.transamount, 0) as a", "read-only"),
    ("select isnull(t.transamount, 0)", "select isnull(t.transamount, 0) as transamount", "unnamed-column"),
    (
        "select cast(t.transdate as date), 1 as b",
        "select cast(t.transdate as date) as transdate, 1 as b",
        "unnamed-column",
    ),
]
SYNTAX = [
    ("selec t.transamount as a from dat_trans t", "select t.transamount as a from dat_trans t", "read-only"),
    ("select t.transamount as a form dat_trans t", "select t.transamount as a from dat_trans t", "sql-syntax"),
    ("SELECT t.transamount AS a FORM dat_trans t", "SELECT t.transamount AS a FROM dat_trans t", "sql-syntax"),
]
AFTER = [
    ("where t.paymentid == ?", "where t.paymentid = ?", "sql-syntax"),
    ("wehre t.paymentid = ?", "where t.paymentid = ?", "sql-syntax"),
    ("where t.paymentid = ? order t.transdate", "where t.paymentid = ? order by t.transdate", "sql-syntax"),
]
TABLES = [
    (f"from dat_tarns t {WHERE}", f"from dat_trans t {WHERE}", "unknown-table"),
    (f"from dbo.dat_tarns t {WHERE}", f"from dbo.dat_trans t {WHERE}", "unknown-table"),
    (f"from sales.dat_trans t {WHERE}", f"from dbo.dat_trans t {WHERE}", "unknown-table"),
    (
        "from dat_trans trans where trnas.paymentid = ?",
        "from dat_trans trans where trans.paymentid = ?",
        "unknown-column",
    ),
]
CASES = [
    *((f"{wrong} {WHERE}", f"{right} {WHERE}", rule) for wrong, right, rule in SYNTAX),
    *(
        (
            f"select t.transamount as a from dat_trans t {wrong}",
            f"select t.transamount as a from dat_trans t {right}",
            rule,
        )
        for wrong, right, rule in AFTER
    ),
    *((f"{wrong} {TAIL}", f"{right} {TAIL}", rule) for wrong, right, rule in SQL),
    *((f"select transamount as a {wrong}", f"select transamount as a {right}", rule) for wrong, right, rule in TABLES),
]


@pytest.mark.parametrize(("wrong", "right", "rule"), CASES)
def test_sql_that_is_surely_meant_otherwise_is_mended(wrong: str, right: str, rule: str) -> None:
    found = findings(definition(wrong, PAYMENT))
    assert [each.rule for each in found] == [rule]
    assert mended(definition(wrong, PAYMENT), found) == definition(right, PAYMENT)
    assert not findings(definition(right, PAYMENT))


UNCERTAIN = [
    f"select t.amount as a {TAIL}",
    "select dat_tarns.transamount as a from dat_tarns where dat_tarns.paymentid = ?",  # what names it stays behind
    f"select t.trans as a {TAIL}",
    f"select sum(t.transamount) {TAIL} group by t.paymentid",  # it shows a sum, and the name is the contract's
    f"select t.transamount + 1 {TAIL}",
    f"select isnull(t.transamount, 0), t.transamount {TAIL}",
    f"select t.transamount as a, dbo.nosuch(1) as b {TAIL}",
    "select t.x as a from dat_trans t cross join dat_account a where t.paymentid = ?",
]


@pytest.mark.parametrize("sql", UNCERTAIN)
def test_what_is_not_certain_mends_nothing(sql: str) -> None:
    found = findings(definition(sql, PAYMENT))
    assert found
    assert all(each.replacement is None for each in found)


TWO = (
    "select t.transamount as a from dat_trans t join dat_ledgeraccount l on l.accountid = t.accountid "
    "where t.paymentid = ? and l.ledgeraccountid = ?"
)
ARGUMENTS = [
    (f"select ? as [secret], t.transamount as a {TAIL}", (PAYMENT,), (SECRET, PAYMENT)),
    (f"select ? as [secret], t.transamount as a {TAIL}", (SECRET,), (SECRET, PAYMENT)),
    (f"select t.transamount as a {TAIL}", (), (PAYMENT,)),
    (
        TWO,
        (PAYMENT,),
        (PAYMENT, ACCOUNT),
    ),
    (
        TWO,
        (ACCOUNT,),
        (PAYMENT, ACCOUNT),
    ),
]


@pytest.mark.parametrize(("sql", "given", "right"), ARGUMENTS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_missing_argument_is_added_beside_the_others(
    sql: str, given: tuple[str, ...], right: tuple[str, ...], line_end: str
) -> None:
    text = definition(sql, *given).replace("\n", line_end)
    found = findings(text)
    assert [each.rule for each in found] == ["argument-count"]
    wanted = definition(sql, *right).replace("\n", line_end)
    assert mended(text, found) == wanted
    assert not findings(wanted)


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        (f"select t.transamount as a {TAIL} and t.transamount > ?", (PAYMENT,)),
        ("select t.transamount as a from dat_trans t where t.paymentid = ? or t.paymentid = ?", (PAYMENT,)),
        ("select t.transamount as a from dat_trans t where t.paymentid = ? or t.paymentid = ?", ()),
        ("select t.transamount as a from nosuch t where t.paymentid = ?", ()),  # of what type?
    ],
)
def test_an_argument_that_could_be_another_is_not_added(sql: str, given: tuple[str, ...]) -> None:
    found = [each for each in findings(definition(sql, *given)) if each.rule == "argument-count"]
    assert found
    assert all(each.replacement is None for each in found)


def test_places_beside_a_finding() -> None:
    (column,) = findings(definition(f"select t.tranamount as a {TAIL}", PAYMENT))
    (table,) = column.related
    assert (table.file, table.message) == (str(SCHEMA), "The table `dat_trans`.")
    line = SCHEMA.read_text(encoding="utf-8").splitlines()[table.line - 1]
    assert line[table.column - 1 : table.end_column - 1] == "dat_trans"
    argument = '<argument source="$data.data.paymentid" type="date"/>'
    (clash,) = findings(definition(f"select t.transamount as a {TAIL}", argument))
    assert clash.rule == "type-mismatch"
    (unknown,) = findings(definition(f"select t.transamount as a {TAIL}", PAYMENT.replace("paymentid", "nosuch")))
    assert [(each.line, each.message) for each in unknown.related] == [(7, "The ? of this argument.")]
    cte = f"with c as (select t.transamount from dat_trans t) select c.nosuch as a, t.transamount as b {TAIL}"
    (column,) = findings(definition(cte.replace(" where", ", c where"), PAYMENT))
    assert [each.message for each in column.related] == ["The common table `c`."]


@pytest.mark.parametrize(
    ("columns", "count"),
    [
        ("t.transamount transdate", 1),
        ("t.transamount as transdate", 0),
        ("t.transamount [transdate]", 0),
        ("t.transamount transamount", 0),
        ("t.transamount amount", 0),
        ("transamount transdate", 1),
        ("t.transamount + 1 transdate", 0),
    ],
)
def test_a_comma_that_may_be_missing_is_told(columns: str, count: int) -> None:
    found = findings(definition(f"select {columns} {TAIL}", PAYMENT))
    assert [each.rule for each in found] == ["forgotten-comma"] * count


ELEMENTS = [
    ('type="int"', 'type="integer"', "schema"),
    ('type="int"', 'type="Int"', "schema"),
    ('type="int"', 'tpye="int"', "schema"),
    ("<category>webhook", "<category>webhok", "schema"),
    ("<name>ledgerpayment", "<name>ledgerpaymnet", "unknown-event"),
    ('source="$data.data.paymentid"', 'source=" $data.data.paymentid"', "argument-source"),
    ('source="$data.data.paymentid"', 'source="{{data.data.paymentid}}"', "argument-source"),
    ('source="$data.data.paymentid"', 'source="data.paymentid"', "argument-source"),
    ('source="$data.data.paymentid"', 'source="$data.paymentid"', "unknown-argument"),
]


@pytest.mark.parametrize(("right", "wrong", "rule"), ELEMENTS)
def test_elements_and_attributes_that_are_surely_meant_otherwise_are_mended(right: str, wrong: str, rule: str) -> None:
    good = definition(f"select t.transamount as a {TAIL}", PAYMENT)
    bad = good.replace(right, wrong)
    found = findings(bad)
    assert rule in {each.rule for each in found}
    assert mended(bad, found) == good
