"""`python -m benchmarks [GROUP …]`: the table, on an embedded and, by APTIC_TEST_POSTGRES_URL, a PostgreSQL ledger.

Two rows need more: `pip install sqlfluff` for the one beside it, and APTIC_BENCH_FORMER, the folder of an older
checkout, for the one that loads with both.

Exit status 1 where a target is missed, so that a script may judge a run; the machine's noise is in the spread.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True)
class Group:
    """Rows that are measured together; `run` gets the URL of a PostgreSQL server, or None."""

    run: Callable[[str | None], Iterable[Result | bool]]
    needs_server: bool = False


GROUPS: Final = {
    "calls": Group(lambda _: calls.run()),
    "loading": Group(lambda _: loading.run()),
    "validating": Group(lambda _: validating.run()),
    "studio": Group(lambda _: studio.run()),
    "postgresql": Group(lambda url: [*postgresql.run(str(url)), *many.postgresql(str(url))], needs_server=True),
    "odbc": Group(lambda _: _odbc()),
    "threads": Group(lambda url: [threads.run(url)]),
    "service": Group(service.run),
    "intake": Group(lambda url: intake.run(str(url)), needs_server=True),
    "delivery": Group(delivery.run),
    "tabs": Group(lambda _: tabs.run()),
    "writes": Group(writes.run),
    "hell": Group(hell.run),
    "workers": Group(lambda url: workers.run(str(url)), needs_server=True),
    "processes": Group(lambda url: processes.run(str(url)), needs_server=True),
}


def main() -> int:
    """Runs the groups that are named, or each that this machine has the parts for; prints a row as each ends."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Prints a table of ratios.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"one of {', '.join(GROUPS)} (default: all)")
    names = parser.parse_args().groups or list(GROUPS)
    if unknown := [name for name in names if name not in GROUPS]:
        parser.error(f"there is no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    url = os.environ.get("APTIC_TEST_POSTGRES_URL")
    print(f"{'what':<74} {'ours':>10} {'other':>10} {'ratio':>6}  {'min … max':<13} {'target':<8}")
    verdicts = [verdict for name in names for verdict in _measure(name, url)]
    return 0 if all(verdicts) else 1


def _measure(name: str, url: str | None) -> Iterator[bool]:
    """Whether each row of a group met its target."""
    group = GROUPS[name]
    if group.needs_server and url is None:
        print(f"{name}: not measured, since APTIC_TEST_POSTGRES_URL names no server")
        return
    for result in group.run(url):
        yield result if isinstance(result, bool) else _print(result)


def _odbc() -> Iterator[Result]:
    try:
        from benchmarks import odbc  # noqa: PLC0415  pyodbc needs the driver manager, which not every machine has
    except ImportError as error:
        print(f"odbc: not measured, since {error.name or error} cannot be imported")
        return
    yield from many.standin()
    yield from odbc.standin()


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
