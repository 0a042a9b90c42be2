"""Eight threads compose while a ninth reloads: every body must be right."""

from __future__ import annotations

import threading
import time

from benchmarks import guide
from benchmarks.temporary import postgresql_ledger
from engine import Composer
from engine.testing import embedded_ledger

THREADS = 8
COMPOSES = 100_000
PAUSE = 0.02  # seconds between two reloads, so that the machine mostly composes


def run(url: str | None) -> bool:
    """Runs on PostgreSQL where there is one, else on the embedded ledger; prints one line."""
    if url is None:
        path = embedded_ledger(guide.SCHEMA, guide.DATA, guide.ROOT / ".cache")
        return _measure("DuckDB", f"duckdb:///{path}")
    with postgresql_ledger(url) as ledger:
        return _measure("PostgreSQL", ledger)


def _measure(name: str, ledger: str) -> bool:
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
