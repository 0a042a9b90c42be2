"""Throughput in 1, 4 and 8 threads, and what limits it; then a ninth thread reloads: every body must be right."""

from __future__ import annotations

import os
import threading
import time

from benchmarks import guide
from benchmarks.temporary import postgresql_ledger
from engine import Composer
from engine.testing import embedded_ledger

THREADS = 8
COMPOSES = 100_000
CURVE = (1, 4, 8)
CURVE_SECONDS = 3.0
PAUSE = 0.02  # seconds between two reloads, so that the machine mostly composes


def run(url: str | None) -> bool:
    """Runs on PostgreSQL where there is one, else on the embedded ledger; prints a line for each number of threads."""
    if url is None:
        path = embedded_ledger(guide.SCHEMA, guide.DATA, guide.ROOT / ".cache")
        return _measure("DuckDB", f"duckdb:///{path}")
    with postgresql_ledger(url) as ledger:
        return _measure("PostgreSQL", ledger)


def _measure(name: str, ledger: str) -> bool:
    with Composer.load(guide.definitions(), ledger=ledger, ledger_schema=guide.SCHEMA) as composer:
        for number in CURVE:
            _throughput(name, composer, number)
    return _measure_reloads(name, ledger)


def _throughput(name: str, composer: Composer, number: int) -> None:
    """Prints bodies a second, and how busy the interpreter was: at 100 % it is what limits them, one lock for all.

    Well below that it is the ledger, or the processors: all of them are busy where there are few.
    """
    done = [0] * number
    until = time.perf_counter() + CURVE_SECONDS

    def compose(index: int) -> None:
        while time.perf_counter() < until:
            composer.compose("ledgerpayment", guide.MESSAGE)
            done[index] += 1

    workers = [threading.Thread(target=compose, args=(index,)) for index in range(number)]
    started, busy, before = time.perf_counter(), time.process_time(), os.getloadavg()[0]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    elapsed = time.perf_counter() - started
    share = (time.process_time() - busy) / elapsed
    print(
        f"{name}: {number} threads: {sum(done) / elapsed:,.0f} bodies/s, the interpreter busy for {share:.0%} of one "
        f"of {os.cpu_count()} processors (load before: {before:.1f})",
        flush=True,
    )


def _measure_reloads(name: str, ledger: str) -> bool:
    faults: list[str] = []
    reloads = 0
    done = threading.Event()
    with Composer.load(guide.definitions(), ledger=ledger, ledger_schema=guide.SCHEMA) as composer:

        def compose() -> None:
            for _ in range(COMPOSES // THREADS):
                try:
                    body = composer.compose("ledgerpayment", guide.MESSAGE).fill(guide.SECRET)
                except Exception as error:  # every error is a finding here
                    faults.append(repr(error))
                    return
                if body != guide.BODY:
                    faults.append("a wrong body")

        def reload() -> None:
            nonlocal reloads
            while not done.wait(PAUSE):
                composer.reload()
                reloads += 1

        workers = [threading.Thread(target=compose) for _ in range(THREADS)]
        ninth = threading.Thread(target=reload)
        start = time.perf_counter()
        for thread in (*workers, ninth):
            thread.start()
        for thread in workers:
            thread.join()
        elapsed = time.perf_counter() - start
        done.set()
        ninth.join()
    verdict = "met" if not faults and reloads else f"MISSED: {len(faults)} faults, {faults[:1]}"
    print(
        f"{name}: {COMPOSES:,} composes in {THREADS} threads during {reloads} reloads: {elapsed:.1f} s "
        f"({COMPOSES / elapsed:,.0f}/s), faults {len(faults)}: {verdict}",
        flush=True,
    )
    return not faults and reloads > 0
