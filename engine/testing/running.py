"""Runs cases, several at a time, and gives what came of them in the cases' order."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from engine.testing.cases import Case, CaseResult, Composing, run_case


def run_cases(composer: Composing, cases: Sequence[Case], jobs: int) -> Generator[CaseResult, None, None]:
    """The result of each case, as `run_case` gives it; `jobs` are run at a time, each in a session of its own.

    A composer has eight sessions, so more would wait for one. Raises what `run_case` raises, at the case that it
    concerns; where that or the caller ends it, the cases that were not begun are not run.
    """
    if jobs == 1:
        yield from map(partial(run_case, composer), cases)
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="case") as threads:
        begun = [threads.submit(run_case, composer, case) for case in cases]
        try:
            for each in begun:
                yield each.result()
        finally:
            for each in begun:
                each.cancel()
