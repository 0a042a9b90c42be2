"""`make demo`: the guide's example, composed for real on an embedded ledger, and a default body."""

from __future__ import annotations

import json
from pathlib import Path

from engine import Composer
from engine.testing import embedded_ledger

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Prints the definition, the body that it makes, and the body of an event without a definition."""
    ledger = embedded_ledger(ROOT / "fixtures/ledger/schema.sql", ROOT / "fixtures/ledger/data.sql", ROOT / ".cache")
    definition = ROOT / "definitions/ledgerpayment.xml"
    schema = ROOT / "fixtures/ledger/schema.sql"
    with Composer.load(ROOT / "definitions", ledger=f"duckdb:///{ledger}", ledger_schema=schema) as composer:
        print(f"The definition, {definition.relative_to(ROOT)}:\n")
        print(definition.read_text(encoding="iso-8859-1"))
        _show(composer, "ledgerpayment", ROOT / "fixtures/ledgerpayment/guide/event.json")
        _show(composer, "statuschange", ROOT / "fixtures/statuschange/guide/event.json")


def _show(composer: Composer, event: str, message_file: Path) -> None:
    message = json.loads(message_file.read_text(encoding="utf-8"))
    secret = message.pop("secret")
    body = composer.compose(event, message)
    origin = "its definition" if body.definition else "no definition: the default body"
    print(f"{event}, published as {json.dumps(message['data'])}, becomes by {origin}:\n")
    print(body.fill(secret).decode() + "\n")


if __name__ == "__main__":
    main()
