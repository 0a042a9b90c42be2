"""What open tabs of the operations page cost a service: deliveries and intake, memory, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

import httpx

from benchmarks.delivery import DEFAULT, OPENED, done, publish, url_of, wait_for
from benchmarks.load import cpu_seconds
from benchmarks.pairs import Result
from benchmarks.receiver import receiver
from benchmarks.serving import MAIN, Service, serving

_VIEWS: Final = ("/", "/deliveries", "/dead", "/endpoints", "/deliveries?state=pending")
_EVERY: Final = 5.0  # seconds, as live.js looks
_EVENTS: Final = 10_000
_TURNS: Final = 11
_COST: Final = 1.03
_MEMORY: Final = 10  # MiB
_LATER: Final = 0.5  # seconds, of which most are the machine's noise


def run() -> Iterator[Result]:
    """A row for what five tabs cost an event, one for memory, and one for the end of a process with ten tabs."""
    with receiver(0) as port:
        opened = (*OPENED, "--allow-port", str(port))
        with serving(*opened) as service:
            service.register(url_of(port), "statuschange")
            _turn(service)
            before = service.memory() / 2**20
            with _open(service, 5):
                time.sleep(3 * _EVERY)
                held = service.memory() / 2**20 - before
            yield Result(
                "window: idle memory of five tabs / its limit",
                held,
                _MEMORY,
                held / _MEMORY,
                (0, 0),
                "≤ 1",
                held <= _MEMORY,
                "MiB",
            )
            yield _cost(service)
        ends = [(_end(opened, 10), _end(opened, 0)) for _ in range(3)]
    later = [ours - other for ours, other in ends]
    ratio = statistics.median(later) / _LATER
    yield Result(
        f"window: so much later a process with ten tabs ends / {_LATER:g} s",
        statistics.median(ours for ours, _ in ends),
        statistics.median(other for _, other in ends),
        ratio,
        (min(later) / _LATER, max(later) / _LATER),
        "≤ 1",
        ratio <= 1,
    )


def _cost(service: Service) -> Result:
    turns = []
    for number in range(_TURNS):
        times = {}
        for tabs in (5, 0) if number % 2 else (0, 5):
            with _open(service, tabs):
                times[tabs] = _turn(service)
        turns.append((times[5], times[0]))
    ratios = sorted(ours / other for ours, other in turns)
    return Result(
        "window: processor time to take in and deliver one, with five tabs / without",
        statistics.median(ours for ours, _ in turns),
        statistics.median(other for _, other in turns),
        statistics.median(ratios),
        (ratios[0], ratios[-1]),
        f"≤ {_COST:g}",
        statistics.median(ratios) <= _COST,
    )


def _turn(service: Service) -> float:
    """The service's processor time for each of so many events that are published and delivered."""
    begun, cpu = done(service), cpu_seconds(service.pid)
    publish(service, DEFAULT, _EVENTS)
    wait_for(service, begun + _EVENTS)
    return (cpu_seconds(service.pid) - cpu) / _EVENTS


def _end(options: tuple[str, ...], tabs: int) -> float:
    """The seconds from SIGTERM to the end of a service with so many tabs open."""
    with serving(*options) as service, _open(service, tabs):
        time.sleep(1)
        began = time.perf_counter()
        os.kill(service.pid, signal.SIGTERM)
        os.waitid(os.P_PID, service.pid, os.WEXITED | os.WNOWAIT)
        return time.perf_counter() - began


@contextlib.contextmanager
def _open(service: Service, tabs: int) -> Iterator[None]:
    """So many tabs of one browser, each of which asks by a connection of its own, as live.js does."""
    if not tabs:
        yield
        return
    ended, cookies = threading.Event(), _enter(service)
    threads = [threading.Thread(target=_look, args=(service, cookies, ended, number)) for number in range(tabs)]
    for each in threads:
        each.start()
    yield
    ended.set()
    for each in threads:
        each.join()


def _look(service: Service, cookies: httpx.Cookies, ended: threading.Event, number: int) -> None:
    tag = ""
    ended.wait(number * _EVERY / len(_VIEWS) % _EVERY)
    with httpx.Client(base_url=service.administration, cookies=cookies, timeout=60) as browser:
        while True:
            with contextlib.suppress(httpx.TransportError):  # the service may have ended
                answer = browser.get(_VIEWS[number % len(_VIEWS)], headers={"if-none-match": tag, "x-live": "1"})
                assert answer.status_code in (200, 304), answer.status_code
                tag = answer.headers["etag"]
            if ended.wait(_EVERY):
                return


def _enter(service: Service) -> httpx.Cookies:
    words = [sys.executable, "-c", MAIN, "window", "--json", "--url", service.administration, *service.where]
    made = subprocess.run(words, check=True, capture_output=True, text=True)
    token = json.loads(made.stdout)["link"].partition("token=")[2]
    with httpx.Client(base_url=service.administration, headers={"sec-fetch-site": "same-origin"}) as browser:
        assert browser.post("/enter", data={"token": token}).status_code == 303
        return browser.cookies
