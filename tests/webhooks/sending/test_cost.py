"""What receivers from hell may cost, by the processor's time: other work on the machine takes none of that."""

import asyncio
import time

import pytest
import uvloop
from receivers.asking import opened, to
from receivers.behaviours import BEHAVIOURS
from receivers.hub import Hub

from webhooks.sending.curl import CurlSender
from webhooks.sending.transfers import Transfers

MOST = 100  # good ones; ten are usual
LONGEST = 0.3
"""Seconds that the loop may be kept from others; ten milliseconds are usual."""
FLOODS = ("bomb", "endless_body", "endless_chunk_extension", "endless_headers", "endless_interim", "endless_trailers")


async def cost(ports: list[int], times: int = 10) -> float:
    """Seconds of this thread for requests to each of these ports at once."""
    sender = CurlSender(user_agent="test", deadline=0.5)
    requests = [to(f"http://127.0.0.1:{port}/", opened(port)) for port in ports] * times
    begun = time.thread_time()
    await asyncio.gather(*map(sender.send, requests))
    spent = time.thread_time() - begun
    await sender.close()
    return spent


def test_one_costs_no_more_than_a_handful_of_good_ones(hub: Hub) -> None:
    good = uvloop.run(cost([hub.start("good").port]))
    costs = {name: uvloop.run(cost([hub.start(name).port])) / good for name in BEHAVIOURS}
    assert {name: round(times) for name, times in costs.items() if times > MOST} == {}


def test_floods_keep_the_loop_from_others_for_a_moment_only(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[float] = []
    on_events = Transfers._on_events

    def timed(self: Transfers) -> None:
        begun = time.thread_time()
        on_events(self)
        turns.append(time.thread_time() - begun)

    monkeypatch.setattr(Transfers, "_on_events", timed)
    uvloop.run(cost([hub.start(name).port for name in FLOODS], 30))
    assert max(turns) < LONGEST
