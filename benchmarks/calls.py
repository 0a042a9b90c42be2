"""Bind, shape and encode, without a pool and a driver, against a function written for this one definition."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from benchmarks import guide
from benchmarks.pairs import Result, pair
from engine.binding import Binder
from engine.body import Body, DefinitionReference
from engine.catalogue import Catalogue
from engine.loading import load_files
from engine.model import Dialect
from engine.shaping import Shaper
from engine.sql.ddl import read_schema
from engine.sql.target import Target

ROW = (UUID("80342534-2508-4CAB-A090-C25BF1DDF923"), "765", Decimal("123.00"), None)


def run() -> Iterator[Result]:
    """One row."""
    target = Target(Dialect.POSTGRESQL, read_schema(guide.SCHEMA.read_text(encoding="utf-8")).schema)
    (loaded,) = load_files([guide.DEFINITION], Catalogue.load(), target)
    assert loaded.compiled is not None, loaded.diagnostics
    binder, shaper = Binder(loaded.compiled), Shaper(loaded.compiled, max_rows=target.max_rows)
    reference = DefinitionReference("ledgerpayment", "ledgerpayment.xml", "0" * 64)
    data = guide.ARGUMENTS

    def ours() -> bytes:
        binder.bind(guide.MESSAGE)
        parts = shaper.shape([[ROW]], "ledgerpayment", guide.MESSAGE)
        return Body.custom("ledgerpayment", reference, parts).fill(guide.SECRET)

    def other() -> bytes:
        int(data["paymentid"]), int(data["ledgeraccountid"])
        return guide.by_hand(ROW)

    assert ours() == other() == guide.BODY
    yield pair("bind + shape + encode / a function written by hand", ours, other, at_most=3, calls=5_000, rounds=61)
