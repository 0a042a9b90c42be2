"""What each layer does with attacks on SQL Server; docs/explanation/safety-layers.md tells it.

What the engine sends is shown on the stand-in, which has no rights and no semantics of SQL Server's. What SQL Server
then does is tried only on the real server of `APTIC_TEST_SQLSERVER_URL`, a sysadmin's URL.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url
from standin.client import Standin
from standin.records import Answer, Rows

from engine.errors import DefinitionUnavailableError, EngineError
from engine.execution import Ledger
from engine.model import Statement

pyodbc = pytest.importorskip("pyodbc", reason="pyodbc needs unixODBC's library", exc_type=ImportError)

HERE = Path(__file__).parents[1]
DOCS = HERE.parents[2] / "docs"


@dataclass(frozen=True)
class Group:
    what: str
    attacks: tuple[str, ...]
    session: str
    rights: str
    source: str
    harmful: bool = False


def groups() -> list[Group]:
    listed = tomllib.loads((HERE / "attacks/sqlserver.toml").read_text("utf-8"))["group"]
    return [Group(**{**entry, "attacks": tuple(entry["attacks"])}) for entry in listed]


def cases() -> list[Any]:
    return [pytest.param(group, attack, id=attack[:70]) for group in groups() for attack in group.attacks]


def run(ledger: Ledger, sql: str) -> None:
    with ledger.session() as session:
        session.execute(Statement(sql, (), ()), ())


COLUMNS = [("right", "nvarchar(128)"), ("object", "nvarchar(517)")]
SYSADMIN = Answer("fn_my_permissions", [Rows(COLUMNS, [["sysadmin", None]])])


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.what[:60])
def test_what_the_session_sends(
    standin: Standin, sqlserver_driver: str, opened: Callable[..., Ledger], group: Group
) -> None:
    """Of a login that may write: nothing of what is refused, and all else in a transaction that is rolled back."""
    standin.answer(SYSADMIN)
    ledger = opened(standin.url(sqlserver_driver), pool_size=1)
    run(ledger, "select 1 as one")
    for attack in group.attacks:
        before = len(standin.arrivals())
        if group.session == "stops":
            with pytest.raises(DefinitionUnavailableError, match="nothing but queries, one in a text"):
                run(ledger, attack)
        else:
            with suppress(EngineError):  # what the stand-in makes of it
                run(ledger, attack)
        sent = [arrival.sql for arrival in standin.arrivals()[before:] if arrival.sql]
        if group.session == "stops":
            assert sent == []
        else:
            assert sent[0] == "BEGIN TRANSACTION"
            assert sent[-1] == "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION"
        assert standin.counts().transactions == 0


VICTIMS = """
CREATE TABLE dbo.payment (id int PRIMARY KEY, amount decimal(19, 2), note varchar(50));
INSERT INTO dbo.payment VALUES (1, 1, 'a'), (2, 2, 'b');
CREATE SEQUENCE dbo.counter AS int START WITH 1;
EXEC ('CREATE PROCEDURE dbo.wipe AS DELETE FROM dbo.payment');
"""
FINGERPRINT = """
SELECT (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(*)) FROM dbo.payment), (SELECT COUNT(*) FROM dbo.payment),
       (SELECT COUNT(*) FROM sys.objects WHERE is_ms_shipped = 0), (SELECT COUNT(*) FROM sys.database_permissions),
       (SELECT COUNT(*) FROM sys.database_role_members),
       (SELECT CAST(current_value AS int) FROM sys.sequences WHERE name = 'counter')
"""
READERS_PASSWORD = "Reader-1-Password"


@pytest.fixture(scope="module")
def real(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The database of the real server, by the sysadmin, with the victims and the login of the docs."""
    if not os.environ.get("APTIC_TEST_SQLSERVER_URL"):
        pytest.skip("no SQL Server (APTIC_TEST_SQLSERVER_URL)")
    url = make_url(request.getfixturevalue("sqlserver_database"))
    script = (DOCS / "how-to/sqlserver-login.sql").read_text("utf-8")
    script = script.replace("$(password)", READERS_PASSWORD).replace("$(SQLCMDDBNAME)", str(url.database))
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as admin:
        for batch in (VICTIMS, *re.split(r"(?im)^GO\s*$", script), "GRANT SELECT ON dbo.payment TO ledger_reader"):
            if batch.strip():
                admin.exec_driver_sql(batch)
        yield admin
        admin.exec_driver_sql("DROP USER ledger_reader")


def fingerprint(admin: Any) -> tuple[object, ...]:
    return tuple(admin.exec_driver_sql(FINGERPRINT).fetchone())


@pytest.mark.parametrize(("group", "attack"), cases())
def test_the_session_alone_on_a_real_server(
    real: Any, opened: Callable[..., Ledger], group: Group, attack: str
) -> None:
    """What is let through may fail on the server, but leaves no trace."""
    before = fingerprint(real)
    with suppress(EngineError) if group.session == "lets through" else pytest.raises(DefinitionUnavailableError):
        run(opened(real.engine.url, pool_size=1), attack)
    assert fingerprint(real) == before


@pytest.mark.parametrize(("group", "attack"), cases())
def test_the_rights_alone_on_a_real_server(real: Any, group: Group, attack: str) -> None:
    before = fingerprint(real)
    url = real.engine.url.set(username="ledger_reader", password=READERS_PASSWORD)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with closing(engine.raw_connection()) as connection:
        try:
            cursor = connection.cursor()
            cursor.execute(attack)
            while cursor.nextset():
                pass
        except pyodbc.Error:
            failed = True
        else:
            failed = False
    assert fingerprint(real) == before
    assert failed or group.rights == "lets through"


def table() -> str:
    """The table of the page, made from the attacks."""
    shown = {"stops": "stops", "lets through": "**lets through**"}
    lines = [
        "| attack | attempts | static rules alone: tried | session alone: tried | rights alone, not tried |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {group.what} | {len(group.attacks)} | stops | {shown[group.session]} | {shown[group.rights]} |"
        for group in groups()
    ]
    return "\n".join(lines)


def test_there_are_enough_attacks_each_with_its_source() -> None:
    assert sum(len(group.attacks) for group in groups()) >= 60
    assert all(group.source for group in groups())


def test_the_page_tells_what_is_expected() -> None:
    page = (DOCS / "explanation/safety-layers.md").read_text("utf-8")
    assert table() in page, f"the page needs this table:\n{table()}"
