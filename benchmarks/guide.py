"""The guide's example, which every benchmark composes, and the hand-written ways to the same bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "fixtures/ledger/schema.sql"
DATA = ROOT / "fixtures/ledger/data.sql"
DEFINITION = ROOT / "definitions/ledgerpayment.xml"
ARGUMENTS = {
    "paymentid": "18142",
    "ledgeraccountid": "111927",
    "revision": "1",
    "debtcreditorid": "1",
    "partytypeid": "1",
}
MESSAGE = {"event": "ledgerpayment", "data": ARGUMENTS}
SECRET = "mySecret"
BODY = (ROOT / "fixtures/ledgerpayment/guide/body.json").read_bytes()

encoder = msgspec.json.Encoder(decimal_format="number")


def definitions() -> Path:
    """A folder with the guide's definition alone."""
    folder = Path(tempfile.mkdtemp(prefix="definitions"))
    (folder / DEFINITION.name).write_bytes(DEFINITION.read_bytes())
    return folder


def by_hand(row: tuple[object, ...]) -> bytes:
    """The body as a programmer would write it who knows this one row."""
    guid, number, amount = row[:3]
    return encoder.encode(
        {"invoiceguid": str(guid).upper(), "invoicenumber": number, "paidamount": amount, "secret": SECRET}
    )
