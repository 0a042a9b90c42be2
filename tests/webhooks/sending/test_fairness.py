"""A thousand receivers from hell beside one good one."""

import asyncio
import resource
from itertools import cycle, islice

import uvloop
from receivers.apart import receivers_apart
from receivers.asking import opened, to

from webhooks.sending.curl import CurlSender
from webhooks.sending.interface import Outcome, OutgoingRequest

HELL = 1000
ROUNDS = 300
DEADLINE_SECONDS = 60.0  # one of the good requests took more than five where the machine had much else to do


async def keep_asking(sender: CurlSender, request: OutgoingRequest) -> None:
    while True:
        await sender.send(request)
        await asyncio.sleep(5.0)  # the shortest time after which one is tried again


def test_hell_keeps_no_other_from_being_served() -> None:
    """How much it delays them is a row of `make bench`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    with receivers_apart() as ports, receivers_apart("good") as good:
        reach = opened(*ports.values(), *good.values())
        hell = [to(f"http://127.0.0.1:{port}/", reach) for port in islice(cycle(ports.values()), HELL)]
        target = to(f"http://127.0.0.1:{good['good']}/", reach)
        assert not uvloop.run(failed_beside(target, hell))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def failed_beside(target: OutgoingRequest, hell: list[OutgoingRequest]) -> list[Outcome]:
    """What became of those of the good one's requests that failed, one after the other, while all of hell is asked."""
    sender = CurlSender(user_agent="test", deadline=DEADLINE_SECONDS)
    tasks = [asyncio.ensure_future(keep_asking(sender, request)) for request in hell]
    await asyncio.sleep(1.0)
    outcomes = [await sender.send(target) for _ in range(ROUNDS)]
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await sender.close()
    return [outcome for outcome in outcomes if not outcome.is_success]
