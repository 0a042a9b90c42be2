"""Bodies are composed once, kept encrypted, and each delivery that waits gets its job."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from webhooks.model import DeliveryState

GUIDE = Path(__file__).parents[3] / "fixtures" / "ledgerpayment" / "guide"
EVENT = json.loads((GUIDE / "event.json").read_bytes())
Run = Callable[[Awaitable[None]], None]


def test_without_definitions_the_default_body_is_composed(rig: Any, run: Run) -> None:
    async def test() -> None:
        await rig.register("ledgerpayment")
        await rig.register("ledgerpayment", url="https://other.example/")
        async with rig.running(rig.by_default()):
            await rig.publish("ledgerpayment", EVENT["data"], EVENT["data"])
            await rig.until(rig.are_composed)
        first, second = rig.bodies()
        assert json.loads(first.fill("s")) == {**EVENT["data"], "secret": "s"}
        assert first == second
        found = rig.deliveries()
        assert {(each.state, each.reason) for each in found} == {(DeliveryState.PENDING, None)}
        assert rig.jobs() == [f"deliver:{each.id}" for each in found]
        assert len(found) == 4

    run(test())


def test_a_definition_composes_the_guides_body(rig: Any, run: Run, duckdb_ledger: str) -> None:
    async def test() -> None:
        await rig.register("ledgerpayment")
        async with rig.running(rig.by_ledger(duckdb_ledger)):
            await rig.publish("ledgerpayment", EVENT["data"])
            await rig.until(rig.are_composed)
        (body,) = rig.bodies()
        assert body.fill(EVENT["secret"]) == (GUIDE / "body.json").read_bytes().rstrip(b"\n")
        (delivery,) = rig.deliveries()
        assert (delivery.state, delivery.reason) == (DeliveryState.PENDING, None)
        assert rig.jobs() == [f"deliver:{delivery.id}"]
        (row,) = rig.compositions()
        assert b"123.00" not in row.body

    run(test())
