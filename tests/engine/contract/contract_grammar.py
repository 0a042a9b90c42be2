"""Queries by chance over the fixture ledger: expressions of every type over joins that miss, groups, unions and views.

They are made of a seed, not drawn one part after the other: recursive strategies take longer than what they test.
"""

from __future__ import annotations

from random import Random

# By source: its FROM, whose rows may miss, and columns by type.
SOURCES = {
    "dat_party p left join dat_address a on a.partyid = p.partyid": {
        "int": ["p.partyid", "a.addressid", "p.partytypeid"],
        "text": ["p.partyname", "a.careof", "a.city", "a.postalcode", "p.languagecode", "a.addresstype", "p.email"],
        "date": ["p.birthdate", "a.validfrom", "a.validto"],
        "other": ["p.calltime", "p.creditscore", "p.isprotected"],
    },
    "dat_party p inner join dat_address a on a.partyid = p.partyid and a.careof <> N''": {
        "int": ["p.partyid", "a.addressid"],
        "text": ["a.careof", "p.partyname", "p.registrationno"],
        "date": ["a.validto", "p.birthdate"],
        "other": ["p.calltime"],
    },
    "dat_case c right join dat_ledgeraccount la on la.ledgeraccountid = c.ledgeraccountid": {
        "int": ["c.caseid", "la.ledgeraccountid", "la.clientid"],
        "text": ["c.courtcode", "la.servicecode", "c.handler", "la.clientreference"],
        "decimal": ["c.claimamount", "c.courtfee"],
        "date": ["c.decidedat", "la.openedat", "la.closedat"],
        "other": ["la.uniqueid", "c.openedat"],
    },
    "dat_refund r full join dat_payment p on p.paymentid = r.paymentid": {
        "int": ["r.refundid", "p.paymentid"],
        "text": ["r.reasoncode", "p.channel", "p.payername", "p.currencycode"],
        "decimal": ["r.refundamount", "p.amount"],
        "date": ["p.bookdate", "r.requestedat"],
        "other": ["r.exchangerate", "r.paidat", "p.receivedat"],
    },
    "dat_paymentplan pp outer apply (select top (1) i.amount, i.paidamount, i.instalmentno, 'one' as k"
    " from dat_instalment i where i.paymentplanid = pp.paymentplanid order by i.instalmentid) x": {
        "int": ["pp.paymentplanid", "x.instalmentno"],
        "text": ["pp.contactname", "x.k"],
        "decimal": ["pp.totalamount", "pp.setupfee", "x.amount", "x.paidamount"],
        "date": ["pp.agreeddate"],
        "other": ["pp.isactive", "pp.yearlyrate", "pp.agreedtime"],
    },
    "vw_accountbalance b left join (select partyid, max(city) as city, count(*) as n from vw_currentaddress"
    " group by partyid) v on v.partyid = b.accountid": {
        "int": ["b.ledgeraccountid", "b.transcount", "v.n"],
        "text": ["v.city"],
        "decimal": ["b.balance"],
        "date": ["b.lasttransdate"],
        "other": ["v.partyid"],
    },
    "(select cast(statuscode as nvarchar(30)) as s, 1 as k, 2.5 as d from dat_statushistory union all"
    " select N'none', 2, null union all select changedby, null, 10.25 from dat_statushistory) u": {
        "int": ["u.k"],
        "text": ["u.s"],
        "decimal": ["u.d"],
        "date": ["cast('2026-01-02' as date)"],
        "other": ["u.d"],
    },
}


_DEEPEST = 3


class Maker:
    """Makes expressions over the columns of one source; a placeholder is written as `?type`."""

    def __init__(self, random: Random, source: str) -> None:
        self._random = random
        self._source = source
        self._columns = SOURCES[source]

    def query(self) -> str:
        """A query of any kind."""
        where = [self.condition() for _ in range(self._random.choice([0, 0, 1, 1, 2]))]
        if self._random.random() < 0.3:
            return self._grouped(where)
        makers = [self.whole, self.whole, self.text, self.text, self.decimal, self.date, self.other]
        items = [self._random.choice(makers)() for _ in range(self._random.randint(1, 4))]
        first = self._select(items, where, "")
        if self._random.random() < 0.8:
            return first
        other = [self._random.choice([item, item, "null"]) for item in items]
        return f"{first} {self._random.choice(['union all', 'union'])} {self._select(other, [], '')}"

    def _grouped(self, where: list[str]) -> str:
        names = self._columns["int"] + self._columns["text"]
        keys = self._random.sample(names, min(self._random.randint(0, 2), len(names)))
        items = [*keys, *(self.aggregate() for _ in range(self._random.randint(1, 3)))]
        return self._select(items, where, f" group by {', '.join(keys)}" if keys else "")

    def _select(self, items: list[str], where: list[str], group: str) -> str:
        listed = ", ".join(f"{item} as c{number}" for number, item in enumerate(items, 1))
        condition = f" where {' and '.join(where)}" if where else ""
        return f"select {listed} from {self._source}{condition}{group}"

    def _column(self, kind: str) -> str:
        return self._random.choice(self._columns[kind])

    def _any(self) -> str:
        return self._column(self._random.choice(sorted(self._columns)))

    def condition(self) -> str:
        """A condition, on columns that may be null."""
        whole, text = self._column("int"), self._column("text")
        return self._random.choice(
            [
                f"{self._any()} is not null",
                f"{self._any()} is null",
                f"not ({whole} = {self._random.randint(1, 5)})",
                f"{whole} in (1, 2, 3)",
                f"{whole} not in (select partyid from dat_party where partyid > 99)",
                f"{text} like '%e%'",
                f"({self._any()} is null or {whole} > 1)",
                f"{text} <> 'x'",
                f"exists (select 1 from dat_trans t where t.accountid = {whole})",
                f"{whole} between 1 and 4",
            ]
        )

    def _common(self, value: str, other: str) -> list[str]:
        return [
            f"coalesce({value}, {other})",
            f"isnull({value}, {other})",
            f"nullif({value}, {other})",
            f"case when {self.condition()} then {value} end",
            f"case when {self.condition()} then {value} else {other} end",
            f"iif({self.condition()}, {value}, {other})",
            f"(case {self._column('int')} when 1 then {value} when 2 then {other} else {value} end)",
        ]

    def _is_leaf(self, depth: int) -> bool:
        return depth >= _DEEPEST or self._random.random() < 0.35

    def whole(self, depth: int = 0) -> str:
        """A whole number."""
        if self._is_leaf(depth):
            return self._random.choice(
                [*self._columns["int"] * 2, "1", "0", "-3", "2147483647", "null", "cast(5 as tinyint)", "?int"]
            )
        value, other = self.whole(depth + 1), self.whole(depth + 1)
        return self._random.choice(
            [
                *self._common(value, other),
                *(f"({value} {sign} {other})" for sign in "+-*/%"),
                f"len({self.text(depth + 1)})",
                f"charindex('a', {self._column('text')})",
                f"year({self._column('date')})",
                f"datediff(day, {self._column('date')}, {self._column('date')})",
                f"cast({value} as smallint)",
                f"abs({value})",
                f"-{value}",
            ]
        )

    def text(self, depth: int = 0) -> str:
        """A string."""
        if self._is_leaf(depth):
            leaves = ["'abc'", "N'Öl'", "''", "null", "cast('a' as char(3))", "?string", "N'abc'"]
            return self._random.choice([*self._columns["text"] * 2, *leaves])
        value, other = self.text(depth + 1), self.text(depth + 1)
        return self._random.choice(
            [
                *self._common(value, other),
                f"({value} + {other})",
                f"upper({value})",
                f"rtrim({value})",
                f"left({value}, {self._random.randint(0, 5)})",
                f"right({value}, 2)",
                f"substring({value}, 2, 3)",
                f"concat({value}, {self._column('int')}, {other})",
                f"cast({value} as varchar(4))",
                f"cast({value} as nvarchar(50))",
                f"convert(varchar(12), {self._column('int')})",
                f"reverse({value})",
            ]
        )

    def decimal(self, depth: int = 0) -> str:
        """A decimal number, or one of money."""
        if self._is_leaf(depth):
            leaves = ["1.5", "-0.25", "10", "null", self._column("int"), "cast(7 as decimal(9, 3))", "cast(1 as money)"]
            return self._random.choice([*self._columns.get("decimal", []) * 2, *leaves])
        value, other = self.decimal(depth + 1), self.decimal(depth + 1)
        return self._random.choice(
            [
                *self._common(value, other),
                *(f"({value} {sign} {other})" for sign in "+-*/"),
                f"round({value}, 1)",
                f"ceiling({value})",
                f"cast({value} as decimal(12, 1))",
                f"cast({value} as money)",
            ]
        )

    def date(self, _depth: int = 0) -> str:
        """A date, with or without a time of day."""
        value, other = self._column("date"), self._random.choice([self._column("date"), "null"])
        return self._random.choice(
            [
                value,
                *self._common(value, other),
                f"dateadd(day, {self._column('int')}, {value})",
                f"cast({value} as datetime2(3))",
                f"cast({value} as date)",
                f"eomonth({value})",
                "?date",
                "?datetime",
                "getdate()",
            ]
        )

    def other(self) -> str:
        """Anything else."""
        value, whole = self._column("other"), self._column("int")
        return self._random.choice(
            [
                value,
                f"case when {self.condition()} then {value} end",
                f"cast(case when {self.condition()} then 1 else 0 end as bit)",
                f"(select count(*) from dat_trans t where t.accountid = {whole})",
                f"(select sum(transamount) from dat_trans t where t.accountid = {whole})",
                f"(select top (1) 'x' from dat_trans t where t.transid = {whole} order by t.transid)",
                f"row_number() over (order by {whole})",
                f"sum({whole}) over (partition by {whole})",
                f"lag({value}) over (order by {whole})",
                f"max({whole}) over (order by {whole} rows between 1 following and 2 following)",
                *("?guid", "?boolean", "?decimal", "?double", "null", "newid()"),
            ]
        )

    def aggregate(self) -> str:
        """An aggregate, which may be of no row."""
        return self._random.choice(
            [
                "count(*)",
                f"count({self._column('text')})",
                f"sum({self.whole(1)})",
                f"sum({self.decimal(2)})",
                f"avg({self.decimal(2)})",
                f"max({self.whole(1)})",
                f"min({self._column('date')})",
                f"isnull(sum({self.decimal(2)}), 0)",
                f"max(case when {self.condition()} then 1 else 0 end)",
                f"sum(case when {self.condition()} then 1 end)",
                f"string_agg({self._column('text')}, ',')",
            ]
        )


def query_by_chance(seed: int) -> str:
    """The query of a seed."""
    random = Random(seed)  # noqa: S311  it rolls dice
    return Maker(random, random.choice(sorted(SOURCES))).query()
