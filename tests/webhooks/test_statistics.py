"""What PostgreSQL believes of the store's tables must not matter: they are small today and large tomorrow."""

from pathlib import Path
from typing import Any

import httpx
import sqlalchemy
from receivers.inbox import Inbox

_CHANGE = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}
_MANY = 3_000
_MOST = 150  # rows read for each delivery; 80 are usual, and a plan that reads whole tables comes to 260 with so many
_READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
_TABLES = "SELECT relname FROM pg_stat_user_tables"


def test_no_statement_reads_whole_tables_though_they_were_empty_when_it_was_new(
    tmp_path: Path, new_database: Any, start_service: Any, add_client_to: Any
) -> None:
    url = new_database("postgresql")
    options = ("--allow-http", "--allow-network", "127.0.0.0/8")
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with Inbox() as inbox, engine.connect() as server:
        service = start_service(tmp_path / "data", "--store", url, *options, "--allow-port", str(inbox.port))
        for (table,) in server.execute(sqlalchemy.text(_TABLES)):
            server.execute(sqlalchemy.text(f"ALTER TABLE {table} SET (autovacuum_enabled = false)"))
        server.execute(sqlalchemy.text("VACUUM (ANALYZE)"))
        client = add_client_to(tmp_path / "data", "--store", url, "--scope", "events:publish", "--scope", "webhooks")
        with httpx.Client(base_url=service.api, headers={"X-API-Key": client.api_key}, timeout=60) as api:
            api.put("/v1/webhooks", json={"url": inbox.url, "events": ["statuschange"]}).raise_for_status()
            for _ in range(10):  # after five times a statement's plan may be kept
                api.post("/v1/events", json=_CHANGE).raise_for_status()
                inbox.next()
            before = _read(server)
            for _ in range(3):
                api.post("/v1/events", json=[_CHANGE] * (_MANY // 3)).raise_for_status()
            inbox.take(_MANY)
        assert service.stop() == 0  # its connections tell what they read at their end
        assert _MANY * 20 < _read(server) - before < _MANY * _MOST
    engine.dispose()


def _read(server: sqlalchemy.Connection) -> int:
    return int(server.execute(sqlalchemy.text(_READ)).scalar_one())
