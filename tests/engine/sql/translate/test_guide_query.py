"""The guide's query, end to end on both ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

import pytest
from translation_ledgers import Ledger, asked, carried, create, opened_ledgers, schema_of

from engine.model import Kind, SqlType
from engine.sql.schema import Column, Table

GUID = UUID("80342534-2508-4cab-a090-c25bf1ddf923")
ACCOUNT = Table(
    "dbo",
    "dat_ledgeraccount",
    (
        Column("ledgeraccountid", SqlType(Kind.INT)),
        Column("accountid", SqlType(Kind.INT)),
        Column("uniqueid", SqlType(Kind.UNIQUEIDENTIFIER)),
        Column("maindebtheadid", SqlType(Kind.INT)),
    ),
)
DEBT = Table(
    "dbo",
    "dat_debthead",
    (Column("debtheadid", SqlType(Kind.INT)), Column("debtref", SqlType(Kind.NVARCHAR, length=30))),
)
TRANS = Table(
    "dbo",
    "dat_trans",
    (
        Column("accountid", SqlType(Kind.INT)),
        Column("paymentid", SqlType(Kind.INT)),
        Column("transamount", SqlType(Kind.DECIMAL, precision=19, scale=2)),
    ),
)
SCHEMA = schema_of(ACCOUNT, DEBT, TRANS)
QUERY = """
      select
        la.uniqueid as invoiceguid, dh.debtref as invoicenumber,
        sum(-t.transamount) as paidamount, ? as [secret]
      from dat_ledgeraccount la
      inner join dat_debthead dh on dh.debtheadid = la.maindebtheadid
      inner join dat_trans t on t.accountid = la.accountid and t.paymentid = ?
      where la.ledgeraccountid = ?
      group by la.uniqueid, dh.debtref
"""


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            create(
                ledger,
                ACCOUNT,
                [{"ledgeraccountid": 111927, "accountid": 7, "uniqueid": GUID, "maindebtheadid": 11}],
            )
            create(ledger, DEBT, [{"debtheadid": 11, "debtref": "765"}])
            paid = [Decimal("-100.00"), Decimal("-23.00"), Decimal("-5.00")]
            ids = [18142, 18142, 9]
            create(
                ledger,
                TRANS,
                [
                    {"accountid": 7, "paymentid": number, "transamount": amount}
                    for number, amount in zip(ids, paid, strict=True)
                ],
            )
        yield opened


def test_gives_the_row_with_the_scale_of_money_kept(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        rows = asked(
            ledger,
            QUERY,
            SCHEMA,
            ["string", "int", "int"],
            [None, 18142, 111927],
            holes=frozenset({0}),
            row_limit=2,
        )
        assert rows == [(GUID, "765", Decimal("123.00"), None)]
        assert str(rows[0][2]) == "123.00"


def test_binds_nothing_for_the_hole(ledgers: list[Ledger]) -> None:
    translation = carried(ledgers[0], QUERY, SCHEMA, ["string", "int", "int"], holes=frozenset({0}), row_limit=2)
    assert translation.parameters == (1, 2)
    assert translation.sql.endswith("LIMIT 2")
    assert [column.kind for column in translation.columns] == [
        Kind.UNIQUEIDENTIFIER,
        Kind.NVARCHAR,
        Kind.DECIMAL,
        Kind.NVARCHAR,
    ]
    assert (translation.columns[2].precision, translation.columns[2].scale) == (38, 2)
