import io
from collections.abc import Callable

import pytest

from engine.commandline import progress_bar
from engine.commandline.console import Console
from engine.commandline.progress_bar import ProgressBar
from engine.reporting.terminal import Terminal

ERASED = "\r\x1b[K"


class Screen(io.StringIO):
    """What stands in for a terminal: it only remembers."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def fileno(self) -> int:
        raise OSError


class Clock:
    now = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress_bar.time, "monotonic", lambda: found.now)
    return found


@pytest.fixture
def bar_on() -> Callable[..., ProgressBar]:
    def make(screen: Screen, total: int = 1000, **environment: str) -> ProgressBar:
        console = Console("p", io.StringIO(), screen, Terminal(), Terminal(), environment)
        return ProgressBar(console, "validate", total)

    return make


def test_it_comes_after_a_second_and_goes_without_a_trace(clock: Clock, bar_on: Callable[..., ProgressBar]) -> None:
    screen = Screen()
    with bar_on(screen) as bar:
        clock.now += 0.9
        bar.step(100)
        assert screen.getvalue() == ""
        clock.now += 0.2
        bar.step(150)
        assert screen.getvalue() == f"{ERASED}validate [##########{'-' * 30}] 250 of 1000"
        bar.step()
        assert screen.getvalue().count("validate") == 1
        clock.now += 0.2
        bar.step(249)
        assert screen.getvalue().endswith(f"{ERASED}validate [{'#' * 20}{'-' * 20}] 500 of 1000")
    assert screen.getvalue().endswith(f"500 of 1000{ERASED}")


def test_it_is_cleared_where_the_command_is_interrupted(clock: Clock, bar_on: Callable[..., ProgressBar]) -> None:
    screen = Screen()

    def interrupted() -> None:
        with bar_on(screen) as bar:
            clock.now += 2
            bar.step()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert screen.getvalue().endswith(ERASED)


def test_what_is_shown_is_cleared_once(clock: Clock, bar_on: Callable[..., ProgressBar]) -> None:
    screen = Screen()
    with bar_on(screen, 0) as bar:
        clock.now += 2
        bar.step()
        bar.clear()
        bar.clear()
    assert screen.getvalue().count(ERASED) == 2


@pytest.mark.parametrize(("is_terminal", "environment"), [(False, {}), (True, {"TERM": "dumb"})])
def test_elsewhere_nothing_is_written(
    clock: Clock, bar_on: Callable[..., ProgressBar], is_terminal: bool, environment: dict[str, str]
) -> None:
    screen = Screen(is_terminal=is_terminal)
    with bar_on(screen, **environment) as bar:
        clock.now += 9
        bar.step()
    assert screen.getvalue() == ""
