"""Whatever dies at whatever instant: what was being composed is composed by the next process, once."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from webhooks.model import DeliveryState
from webhooks.store import results
from webhooks.store.definitions import remember

EVENT = "ledgerpayment"
Run = Callable[[Awaitable[None]], None]
COUNT = 3000
GUIDE = Path(__file__).parents[3] / "fixtures" / EVENT / "guide"
# Another process that composes, slowly enough to be killed in the middle.
PROCESS = """
import asyncio, sys, time
from engine.body import Body, DefinitionReference
from engine.catalogue import Catalogue
from engine.model import DefinitionState, DefinitionStatus
from webhooks.composing.composing import Composing
from webhooks.composing.definitions import Definitions, InService
from webhooks.composing.pace import Pace
from webhooks.security.keys import Keyring
from webhooks.queue.opening import open_queue
from webhooks.store.store import Store

class Slow(Definitions):
    def _load(self):
        serving = DefinitionStatus("ledgerpayment", DefinitionState.SERVING, "x.xml", "0" * 64)
        self.is_loaded, self._served = True, InService.of([serving])

    def compose_many(self, event, messages):
        time.sleep(0.03)
        reference = DefinitionReference(event, "x.xml", "0" * 64)
        return [Body.custom(event, reference, (b'{"by":"another"}',)) for _ in messages]

async def main(url):
    with Store(url) as store:
        queue = open_queue(store)
        pace = Pace(first_batch=50, most_in_batch=50, shown_after=0.01)
        composing = Composing(store, queue, Keyring([bytes(32)]), Slow(Catalogue.load()), pace)
        print("ready", flush=True)
        await composing.run()

asyncio.run(main(sys.argv[1]))
"""


def count_composed(rig: Any) -> int:
    return sum(row.state == "composed" for row in rig.compositions())


def has_more(rig: Any, count: int) -> bool:
    return count_composed(rig) > count


def test_every_body_is_there_once_after_kills(rig: Any, run: Run, make_custom: Any, store_url: str) -> None:
    chance = random.Random(5)  # noqa: S311  no secret

    async def test() -> None:
        await rig.register(EVENT)
        await rig.register(EVENT, url="https://other.example/")
        for _ in range(COUNT // 1000):
            await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(1000)))
        before: dict[int, bytes] = {}
        counts = []
        for _ in range(3):
            words = [sys.executable, "-c", PROCESS, store_url]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
                try:
                    assert process.stdout is not None
                    assert process.stdout.readline() == "ready\n"
                    await rig.until(partial(has_more, rig, len(before)))
                    time.sleep(chance.uniform(0.0, 0.1))
                finally:
                    process.kill()
            now = {row.event_sequence: row.body for row in rig.compositions() if row.body is not None}
            assert before.items() <= now.items(), "a body that is written never changes"
            before = now
            counts.append(len(before))
        assert 0 < counts[0] < COUNT, counts
        definitions = rig.scripted(lambda event, messages: [make_custom(event, message) for message in messages])
        async with rig.running(definitions):
            await rig.until(rig.are_composed)
        assert rig.states() == {DeliveryState.PENDING: 2 * COUNT}
        assert rig.jobs() == sorted(f"deliver:{each.id}" for each in rig.deliveries())
        after = {row.event_sequence: row.body for row in rig.compositions()}
        assert before.items() <= after.items()
        assert len(rig.bodies()) == COUNT

    run(test())


@pytest.mark.parametrize("is_held", [False, True])
def test_a_dead_process_leaves_no_delivery_composing(rig: Any, run: Run, is_held: bool) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        await rig.publish(EVENT, json.loads((GUIDE / "event.json").read_bytes())["data"])
        await rig.write(results.show_composing, [(rig.compositions()[0].event_sequence, 0)])
        assert rig.states() == {DeliveryState.COMPOSING: 1}
        if is_held:
            await rig.write(remember, [EVENT])
        async with rig.running(rig.by_default()):
            await rig.until(lambda: rig.states() == {DeliveryState.PENDING: 1})
        assert (rig.deliveries()[0].reason is not None) is is_held

    run(test())


def test_what_is_under_way_ends_when_it_is_stopped(rig: Any, run: Run, make_custom: Any) -> None:
    def answer(event: str, messages: Any) -> Any:
        time.sleep(0.2)
        return [make_custom(event, message) for message in messages]

    async def test() -> None:
        await rig.register(EVENT)
        await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(100)))
        definitions = rig.scripted(answer)
        async with rig.running(definitions):
            await rig.until(lambda: definitions.calls)
            await asyncio.sleep(0.05)
        composed = count_composed(rig)
        assert composed == sum(count for _, count in definitions.calls) > 0
        assert len([job for job in rig.jobs() if job.startswith("compose")]) == 100 - composed

    run(test())
