"""Starting definitions validate, whatever the event and the tables are called."""

from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.catalogue import Catalogue
from engine.drafting import drafts
from engine.loading import load_files
from engine.model import ArgumentType, Dialect, Event, EventArgument
from engine.script import read_schema_file
from engine.sql.ddl import read_schema
from engine.sql.target import Target

SHIPPED = Catalogue.load()
SCHEMA = read_schema_file(Path(__file__).parents[2] / "fixtures/ledger/schema.sql")


def first(event: Event, script: str) -> str:
    return next(drafts(event, read_schema(script).schema))


def event(*names: str) -> Event:
    return Event("refund", "A refund.", tuple(EventArgument(name, True, "What it is.", "7") for name in names))


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("code", sorted(SHIPPED.events))
def test_the_first_draft_of_each_shipped_event_validates(code: str, dialect: Dialect, tmp_path: Path) -> None:
    path = tmp_path / f"{code}.xml"
    path.write_text(next(drafts(SHIPPED.events[code], SCHEMA)), encoding="utf-8")
    (file,) = load_files([path], SHIPPED, Target(dialect, SCHEMA))
    assert file.diagnostics == ()
    assert file.definition is not None
    assert "from dat_" in file.definition.steps[0].sql.value


def test_the_table_whose_key_the_event_gives_is_read_by_it() -> None:
    text = first(
        event("refundid", "accountid"),
        """CREATE TABLE dat_other (otherid int PRIMARY KEY, refundid int);
        CREATE TABLE dat_refund (refundid bigint PRIMARY KEY, accountid int, amount money, [order] date, at image);
        CREATE TABLE arc.dat_account (accountid int PRIMARY KEY, name nvarchar(9), amount money);""",
    )
    assert "  dat_refund.refundid,\n" in text
    assert "dat_refund.[order]" in text
    assert "dat_account.name" in text
    assert text.count(".amount") == 1
    assert "image" not in text
    assert "from dat_refund\n" in text
    assert "inner join arc.dat_account on dat_account.accountid = dat_refund.accountid\n" in text
    assert "where dat_refund.refundid = ?\n" in text
    assert f'source="$data.data.refundid" type="{ArgumentType.INT}"' in text
    assert "dat_other" not in text


def test_arguments_stand_in_the_order_of_their_placeholders() -> None:
    text = first(event("a", "b"), "CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (b uniqueidentifier PRIMARY KEY)")
    sources = [line.split('"')[1::2] for line in text.splitlines() if "<argument source" in line]
    assert sources == [["$secret", "string"], ["$data.data.b", "guid"], ["$data.data.a", "int"]]


def test_without_a_table_that_fits_the_events_own_values_are_shown() -> None:
    assert "? as [refundid]" in first(event("refundid"), "CREATE TABLE t (a int)")
    assert "? as [refundid]" in next(drafts(event("refundid"), None))


NAMES = st.text("aZ_ .-$]['\"?;é<&\n\x0b>", min_size=1, max_size=9)


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_some_draft_validates_whatever_the_names(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    names = data.draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=str.casefold))
    described, table, dialect = data.draw(NAMES), data.draw(NAMES), data.draw(st.sampled_from(Dialect))
    own = Event("refund", described, tuple(EventArgument(name, True, described, described) for name in names))
    columns = ", ".join(f"[{name.replace(']', ']]')}] int NOT NULL" for name in names)
    script = f"CREATE TABLE [{table.replace(']', ']]')}] ({columns})"
    schema = read_schema(script).schema
    path = tmp_path_factory.mktemp("draft") / "refund.xml"
    findings = []
    for text in drafts(own, schema):
        path.write_text(text, encoding="utf-8", newline="\n")
        (file,) = load_files([path], Catalogue({"refund": own}), Target(dialect, schema))
        findings = [found.message for found in file.diagnostics]
        if not findings:
            break
    assert findings == []
