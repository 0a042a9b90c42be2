"""How the ledgers on a real SQL Server are made and dropped, shown on the stand-in, which takes everything."""

from __future__ import annotations

from pathlib import Path

from standin.client import Standin
from standin.real import scratch_database
from standin.records import Answer, Rows

LEDGER = Path(__file__).parents[2] / "fixtures/ledger"


def test_a_ledger_is_made_batch_by_batch_and_dropped_again(standin: Standin, sqlserver_driver: str) -> None:
    standin.answer(Answer(r"^(create|alter|drop|insert|add)\b", [Rows()]))
    scripts = [(LEDGER / name).read_text(encoding="utf-8") for name in ("schema.sql", "data.sql")]
    with scratch_database(standin.url(sqlserver_driver), *scripts) as url:
        assert "/aptic_test_" in url
    sent = [arrival.sql.strip() for arrival in standin.arrivals("batch")]
    changes = [sql for sql in sent if sql.startswith(("CREATE DATABASE", "ALTER DATABASE", "DROP DATABASE"))]
    assert changes[0].startswith("CREATE DATABASE aptic_test_")
    assert changes[1].endswith("SET ALLOW_SNAPSHOT_ISOLATION ON")
    assert sum("CREATE TABLE" in sql for sql in sent) == scripts[0].count("CREATE TABLE")
    assert sum("INSERT INTO" in sql for sql in sent) == scripts[1].count("INSERT INTO")
    assert not [sql for sql in sent if sql == "GO" or "\nGO" in sql]
    assert changes[-1] == changes[0].replace("CREATE", "DROP")
    assert standin.counts().transactions == 0
