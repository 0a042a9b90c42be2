"""What the hint of a table that is not there says."""

from __future__ import annotations

import pytest
from analysis_corpus import faults, schema_of

_SALES = (
    "Known are Sales.SalesOrderHeader, Sales.SalesOrderDetail, Sales.Customer, Sales.Store, Sales.SalesPerson, "
    "Sales.SalesTerritory, Sales.SpecialOffer, Sales.vPersonDemographics, Sales.vSalesPersonSalesByFiscalYears, "
    "Sales.vStoreWithDemographics."
)


@pytest.mark.parametrize(
    ("schema", "query", "hint"),
    [
        ("northwind", "select x.a from Custmers x", "Did you mean Customers?"),
        ("adventureworks", "select x.a from Customer x", "Did you mean Sales.Customer?"),
        ("adventureworks", "select x.a from Sales.Qwert x", _SALES),
    ],
)
def test_it_guesses_or_lists_what_there_is(schema: str, query: str, hint: str) -> None:
    (fault,) = faults(query, schema_of(schema))
    assert (fault.rule, fault.hint) == ("unknown-table", hint)


@pytest.mark.parametrize(
    ("query", "common"), [("select x.a from Zzqx x", 0), ("with cte as (select 1 as a) select x.a from Zzqx x, cte", 1)]
)
def test_of_many_tables_it_lists_a_few_and_counts_the_rest(query: str, common: int) -> None:
    (fault,) = faults(query, schema_of("northwind"))
    listed = (fault.hint or "").removeprefix("Known are ").partition(" and ")[0].split(", ")
    assert len(listed) == 12
    assert set(listed) <= {table.name for table in schema_of("northwind").tables.values()} | {"cte"}
    assert (fault.hint or "").endswith(f" and {len(schema_of('northwind').tables) + common - 12} more.")
