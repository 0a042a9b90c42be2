from __future__ import annotations

import time
from pathlib import Path

import pytest

from authoring.reading.formatting import formatting
from authoring.reading.help import help_at
from authoring.reading.names import Ledger
from authoring.reading.outline import outline
from authoring.reading.proposals import proposals
from engine.catalogue import Catalogue
from engine.script import read_schema_file

SCHEMA = Path(__file__).parents[3] / "fixtures" / "ledger" / "schema.sql"


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger(Catalogue.load(), read_schema_file(SCHEMA))


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("select t.[ from dat_trans t", "transid"),
        ("select tr^ from dat_trans t", "t"),
        ("select 1 from dbo.^", "dat_trans"),
        ("with a as (select transid as x from dat_trans) select a.^ from a", "x"),
        ("select d.^ from (select t.transid from dat_trans t) d", "transid"),
        ("select 1 from dat_trans t where exists (select 1 from dat_party p where p.^", "partyid"),
    ],
)
def test_what_may_stand_there_is_proposed(ledger: Ledger, sql: str, wanted: str) -> None:
    sql = sql if "^" in sql else sql.replace("t.[", "t.[^")
    text = f"<steps><query><![CDATA[{sql.replace('^', '')}"
    found = proposals(outline(text), text.index("<![CDATA[") + 9 + sql.index("^"), ledger)
    assert wanted in [each.text for each in found]


@pytest.mark.parametrize("sql", ["select 'a^", "select 1 -- t.^", "select 1 /* t.^"])
def test_nothing_is_proposed_in_strings_and_comments(ledger: Ledger, sql: str) -> None:
    text = f"<steps><query><![CDATA[{sql.replace('^', '')}"
    assert proposals(outline(text), len(text), ledger) == []


@pytest.mark.parametrize(
    "piece", ["[", "(", "a", ",a", "(select ", " from a,", "with a as (", "'", '"', "<", "<a ", "<!--", "a.", "]"]
)
def test_time_grows_with_the_text_alone(ledger: Ledger, piece: str) -> None:
    text = f"<steps><query><![CDATA[select {piece * (100_000 // len(piece))}"
    began = time.process_time()
    outline(f"<query {piece * (100_000 // len(piece))}")
    read = outline(text)
    proposals(read, len(text), ledger)
    help_at(read, len(text) - 1, ledger, ())
    formatting(text)
    assert time.process_time() - began < 20  # a second at most; where each place is looked at from each, minutes
