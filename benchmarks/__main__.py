"""`python -m benchmarks`: the table, on an embedded and, by APTIC_TEST_POSTGRES_URL, a PostgreSQL ledger.

Two rows need more: `pip install sqlfluff` for the one beside it, and APTIC_BENCH_FORMER, the folder of an older
checkout, for the one that loads with both.

Exit status 1 where a target is missed, so that a script may judge a run; the machine's noise is in the spread.
"""

from __future__ import annotations

import os
import sys

from benchmarks import (
    calls,
    delivery,
    hell,
    intake,
    loading,
    many,
    postgresql,
    processes,
    service,
    studio,
    tabs,
    threads,
    validating,
    workers,
    writes,
)
from benchmarks.pairs import Result


def main() -> int:
    """Runs every benchmark that this machine has the parts for, and prints a row as each ends."""
    url = os.environ.get("APTIC_TEST_POSTGRES_URL")
    print(f"{'what':<74} {'ours':>10} {'other':>10} {'ratio':>6}  {'min … max':<13} {'target':<8}")
    verdicts = [_print(result) for run in (calls.run, loading.run, validating.run, studio.run) for result in run()]
    if url is None:
        print("PostgreSQL: not measured, since APTIC_TEST_POSTGRES_URL names no server")
    else:
        verdicts += [_print(result) for run in (postgresql.run, many.postgresql) for result in run(url)]
    try:
        from benchmarks import odbc  # noqa: PLC0415  pyodbc needs the driver manager, which not every machine has

        verdicts += [_print(result) for run in (many.standin, odbc.standin) for result in run()]
    except ImportError as error:
        print(f"ODBC: not measured, since {error.name or error} cannot be imported")
    verdicts.append(threads.run(url))
    verdicts += [_print(result) for result in service.run(url)]
    verdicts += [_print(result) for result in intake.run(url)] if url is not None else []
    verdicts += [_print(result) for result in delivery.run(url)]
    verdicts += [_print(result) for result in tabs.run()]
    verdicts += [_print(result) for result in writes.run(url)]
    verdicts += [_print(result) for result in hell.run(url)]
    verdicts += [_print(result) for result in workers.run(url)] if url is not None else []
    verdicts += [_print(result) for result in processes.run(url)] if url is not None else []
    return 0 if all(verdicts) else 1


def _print(result: Result) -> bool:
    low, high = result.spread
    verdict = "met" if result.met else "MISSED"
    print(
        f"{result.name:<74} {_human(result.ours, result.unit):>10} {_human(result.other, result.unit):>10} "
        f"{result.ratio:>6.2f}  "
        f"{f'{low:.2f} … {high:.2f}':<13} {result.target:<8} {verdict}",
        flush=True,
    )
    return result.met


def _human(value: float, unit: str) -> str:
    return _time(value) if unit == "s" else f"{value:,.0f} {unit}"


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.2f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


if __name__ == "__main__":
    sys.exit(main())
