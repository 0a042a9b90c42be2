import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.body import Body
from engine.errors import LedgerUnavailableError
from engine.testing.cases import Case
from engine.testing.running import run_cases


class Composer:
    """A fake: bodies are of no matter here, but which thread makes them, and when."""

    def __init__(self, *, together: int = 1, away_at: str = "") -> None:
        self.threads: set[int] = set()
        self.begun: list[str] = []
        self._together = threading.Barrier(together, timeout=60)
        self._away_at = away_at

    def compose(self, event: str, data: Mapping[str, object]) -> Body:
        self.threads.add(threading.get_ident())
        self.begun.append(event)
        if event == self._away_at:
            raise LedgerUnavailableError("the ledger is away")
        self._together.wait()
        raise RuntimeError


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    found = []
    for number in range(8):
        folder = tmp_path / f"event{number}" / "plain"
        folder.mkdir(parents=True)
        (folder / "event.json").write_text("{}" if number % 2 else "no JSON")
        found.append(Case(f"event{number}", "plain", folder))
    return found


def test_results_come_in_the_cases_order_whoever_ran_them(cases: list[Case]) -> None:
    faulty = [case for number, case in enumerate(cases) if number % 2 == 0]
    alone = list(run_cases(Composer(), faulty, 1))
    assert list(run_cases(Composer(), faulty, 3)) == alone
    assert [result.case for result in alone] == faulty


def test_so_many_are_under_way_at_once(cases: list[Case]) -> None:
    sound, composer = cases[1::2], Composer(together=4)
    found = list(run_cases(composer, sound, 4))  # each waits for three others, and fails once they are there
    assert all("(RuntimeError)" in (result.problem or "") for result in found)
    assert len(composer.threads) == 4


def test_what_was_not_begun_is_left_where_the_ledger_is_away(cases: list[Case]) -> None:
    composer = Composer(away_at="event1")
    with pytest.raises(LedgerUnavailableError):
        list(run_cases(composer, cases[1::2], 1))
    assert composer.begun == ["event1"]


def test_what_was_not_begun_is_left_where_the_caller_ends(cases: list[Case]) -> None:
    running = run_cases(Composer(), cases[::2] * 50, 2)
    assert next(running).problem is not None
    running.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("case")]
