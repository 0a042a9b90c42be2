"""What the bodies of the cases under fixtures/ must be, reckoned in plain Python from the rows of data.sql.

No part of the engine is used: a definition's SQL and this file are two tellings of the same thing, and must agree.
Numbers keep the digits that data.sql has, where money is written with four decimals and a decimal with its scale.
`python tests/engine/fixture_reckoning.py` writes every body.json and skip.txt afresh; an error.txt is written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import fixture_casework
import fixture_money
from fixture_rows import FIXTURES, Ledger, Row, write

EVENTS: Mapping[str, Callable[[Ledger, Row, str | None], object]] = {
    function.__name__: function
    for function in (
        fixture_casework.casestatuschange,
        fixture_casework.casetolegal,
        fixture_casework.debtorcontact,
        fixture_money.ledgerpayment,
        fixture_casework.noteadded,
        fixture_money.partpayment,
        fixture_money.paymentplanagreed,
        fixture_money.refundmade,
        fixture_money.remindersent,
        fixture_casework.servicechange,
        fixture_casework.statuschange,
    )
}


def cases() -> Iterator[Path]:
    """The folders of the cases that end in a body or a skip."""
    folders = (file.parent for event in EVENTS for file in sorted((FIXTURES / event).glob("*/event.json")))
    return (folder for folder in folders if not (folder / "error.txt").exists())


def expected(ledger: Ledger, case: Path) -> tuple[str, bytes]:
    """The file that says what comes of the case, and its content."""
    message = json.loads((case / "event.json").read_bytes())
    body = EVENTS[case.parent.name](ledger, message, message.pop("secret", None))
    return ("skip.txt", f"{body}\n".encode()) if isinstance(body, str) else ("body.json", write(body).encode())


def record() -> None:
    """Write what comes of every case into its folder."""
    ledger = Ledger.load()
    for folder in cases():
        name, content = expected(ledger, folder)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    record()
