"""Prepared statements survive a reload; those that no definition uses any more are closed."""

import json
import shutil
from pathlib import Path

from engine import Composer
from engine.model import Statement

ROOT = Path(__file__).parents[2]
PREPARED = Statement("SELECT name, statement FROM pg_prepared_statements WHERE statement LIKE '%dat_trans%'", (), ())


def prepared(composer: Composer) -> set[tuple[object, ...]]:
    with composer._ledger.session() as session:
        return {row for row in session.execute(PREPARED, []) if "pg_prepared_statements" not in str(row[1])}


def test_reload(tmp_path: Path, postgres_ledger: str) -> None:
    file = Path(shutil.copy(ROOT / "definitions/ledgerpayment.xml", tmp_path))
    message = json.loads((ROOT / "fixtures/ledgerpayment/guide/event.json").read_text())
    with Composer.load(tmp_path, ledger=postgres_ledger, ledger_schema=ROOT / "fixtures/ledger/schema.sql") as composer:
        composer.compose("ledgerpayment", message)
        composer.compose_many("ledgerpayment", [message] * 5)
        before = prepared(composer)
        assert len(before) == 2
        composer.reload()
        assert composer.compose("ledgerpayment", message).definition is not None
        assert prepared(composer) == before
        file.write_text(file.read_text("utf-8").replace("invoicenumber", "number"), "utf-8")
        composer.reload()
        composer.compose("ledgerpayment", message)
        ((name, text),) = prepared(composer)
        assert '"number"' in str(text)
        assert (name, text) not in before
