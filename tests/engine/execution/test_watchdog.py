import threading
import time

from waiting import PATIENCE_SECONDS, until

from engine.execution.watchdog import Guard, Watchdog


def test_a_call_that_outlives_its_time_is_interrupted_once() -> None:
    interrupts: list[float] = []
    watchdog = Watchdog(0.05)
    guard = watchdog.watch(lambda: interrupts.append(time.monotonic()))
    started = time.monotonic()
    guard.start(0.05)
    until(lambda: guard.has_fired)
    time.sleep(0.12)
    guard.stop()
    watchdog.stop()
    assert len(interrupts) == 1
    assert interrupts[0] - started >= 0.05


def test_calls_within_their_time_are_left_alone() -> None:
    interrupts: list[None] = []
    watchdog = Watchdog(1.0)
    guard = watchdog.watch(lambda: interrupts.append(None))
    for _ in range(30):
        guard.start(1.0)
        time.sleep(0.01)
        guard.stop()
    watchdog.stop()
    assert (interrupts, guard.has_fired) == ([], False)


def test_a_call_that_starts_while_the_watchdog_sleeps_is_not_forgotten() -> None:
    watchdog = Watchdog(0.1)
    guard = watchdog.watch(lambda: None)
    for pause in (0.0, 0.03, 0.07):
        time.sleep(pause)
        guard.start(0.1)
        until(lambda: guard.has_fired)
        guard.stop()
    watchdog.stop()


def test_an_interrupt_never_hits_the_next_call() -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow_interrupt() -> None:
        entered.set()
        leave.wait(PATIENCE_SECONDS)

    guard = Guard(slow_interrupt)
    guard.start(0)
    watcher = threading.Thread(target=guard.expire, args=(time.monotonic() + 1,))
    watcher.start()
    entered.wait(PATIENCE_SECONDS)
    stopped: list[bool] = []
    caller = threading.Thread(target=lambda: (guard.stop(), stopped.append(True)))
    caller.start()
    time.sleep(0.02)
    assert not stopped
    leave.set()
    caller.join(PATIENCE_SECONDS)
    watcher.join(PATIENCE_SECONDS)
    assert (stopped, guard.has_fired) == ([True], True)
    guard.expire(time.monotonic() + 1)
    guard.start(5)
    assert not guard.has_fired


def test_one_thread_watches_every_connection() -> None:
    before = threading.active_count()
    watchdog = Watchdog(5.0)
    guards = [watchdog.watch(lambda: None) for _ in range(10)]
    assert threading.active_count() == before + 1
    for guard in guards:
        watchdog.forget(guard)
    watchdog.stop()
    until(lambda: threading.active_count() == before)
