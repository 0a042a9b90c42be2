"""Composing that fails: each kind of error, its schedule, who is to blame, and the words on the delivery."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from engine import errors
from engine.body import Body
from engine.errors import (
    DefinitionUnavailableError,
    EmptyResultError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    ReadOnlyRequiredError,
)
from webhooks.composing.gates import Gates
from webhooks.composing.making import MOST_BODY_BYTES
from webhooks.composing.pace import Pace
from webhooks.model import DeliveryState

EVENT = "ledgerpayment"
Run = Callable[[Awaitable[None]], None]
Messages = Sequence[Mapping[str, Any]]
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, EngineError)]
AGELESS = (LedgerUnavailableError, ReadOnlyRequiredError, DefinitionUnavailableError)


def always(error: EngineError) -> Callable[[str, Messages], list[Body | EngineError]]:
    return lambda _, messages: [type(error)(error.message) for _ in messages]


def test_the_schedule_doubles_from_a_second_to_an_hour_and_lasts_a_day() -> None:
    schedule = Pace().schedule
    assert schedule[:4] == (1, 2, 4, 8)
    assert schedule[11:14] == (2048, 3600, 3600)
    assert max(schedule) == 3600
    assert 86_400 - 3600 < sum(schedule) <= 86_400
    assert Pace().after(len(schedule)) == 3600
    assert Pace().after(len(schedule) + 1) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.retryable])
def test_what_cannot_succeed_later_is_dead_at_once(rig: Any, run: Run, kind: type[EngineError]) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        definitions = rig.scripted(always(kind("it is so")))
        async with rig.running(definitions):
            await rig.publish(EVENT, {"paymentid": "1"})
            await rig.until(lambda: rig.are_all(DeliveryState.DEAD))
        (delivery,) = rig.deliveries()
        assert (delivery.reason, delivery.next_attempt_at) == ("it is so", None)
        assert definitions.calls == [(EVENT, 1)]
        assert rig.jobs() == []
        (row,) = rig.compositions()
        assert (row.state, row.body, row.due_at) == ("failed", None, None)

    run(test())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.retryable and kind not in AGELESS])
def test_what_may_succeed_later_is_tried_until_the_schedule_ends(rig: Any, run: Run, kind: type[EngineError]) -> None:
    async def test() -> None:
        await rig.register(EVENT)
        rig.pace = Pace().faster(100_000)
        definitions = rig.scripted(always(kind("not yet")))
        async with rig.running(definitions):
            await rig.publish(EVENT, {"paymentid": "1"})
            await rig.until(lambda: rig.are_all(DeliveryState.DEAD))
        (delivery,) = rig.deliveries()
        assert delivery.reason == ("empty-result: not yet" if kind is EmptyResultError else "not yet")
        assert len(definitions.calls) == len(rig.pace.schedule) + 1
        assert rig.jobs() == []

    run(test())


def test_a_retry_is_seen_on_the_delivery_and_may_succeed(rig: Any, run: Run, make_custom: Any) -> None:
    is_there = threading.Event()

    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        if is_there.is_set():
            return [make_custom(event, message) for message in messages]
        return [EmptyResultError("there is no row yet") for _ in messages]

    async def test() -> None:
        rig.pace = Pace().faster(20)
        await rig.register(EVENT)
        async with rig.running(rig.scripted(answer)):
            await rig.publish(EVENT, {"paymentid": "1"})
            await rig.until(lambda: rig.compositions()[0].failures >= 3)
            (delivery,) = rig.deliveries()
            assert (delivery.state, delivery.reason) == (DeliveryState.PENDING, "there is no row yet")
            assert delivery.next_attempt_at > delivery.created_at
            is_there.set()
            await rig.until(rig.are_composed)
        (delivery,) = rig.deliveries()
        assert (delivery.state, delivery.reason) == (DeliveryState.PENDING, None)
        assert rig.jobs() == [f"deliver:{delivery.id}"]

    run(test())


@pytest.mark.parametrize("kind", AGELESS)
def test_what_is_no_fault_of_the_events_ages_none(
    rig: Any, run: Run, make_custom: Any, kind: type[EngineError]
) -> None:
    is_back = threading.Event()

    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        return [make_custom(event, message) if is_back.is_set() else kind("it is away") for message in messages]

    async def test() -> None:
        rig.pace = Pace().faster(2000)
        await rig.register(EVENT, "noteadded")
        definitions = rig.scripted(answer)
        async with rig.running(definitions):
            await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(200)))
            await rig.until(lambda: len(definitions.calls) > 20)
            await rig.until(lambda: sum("it is away" in str(each.reason) for each in rig.deliveries()) > 190)
            assert rig.are_all(DeliveryState.PENDING, DeliveryState.COMPOSING)
            assert {row.failures for row in rig.compositions()} == {0}
            await rig.publish("noteadded", {"noteid": "1", "ledgeraccountid": "2"})  # by default: it waits for nobody
            await rig.until(lambda: rig.compositions()[-1].state == "composed")
            is_back.set()
            await rig.until(rig.are_composed)
        assert rig.states() == {DeliveryState.PENDING: 201}
        assert {each.reason for each in rig.deliveries()} == {None}
        assert max(count for _, count in definitions.calls[1:20]) <= 8, "one is enough to see whether it is back"

    run(test())


def test_a_skipped_event_is_not_sent(rig: Any, run: Run, make_custom: Any) -> None:
    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        made = [make_custom(event, message) for message in messages]
        return [replace(body, parts=(), skip_reason="the client wants none") for body in made]

    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.scripted(answer)):
            await rig.publish(EVENT, {"paymentid": "1"})
            await rig.until(lambda: rig.are_all(DeliveryState.SKIPPED))
        (delivery,) = rig.deliveries()
        assert delivery.reason == "the client wants none"
        assert rig.jobs() == []

    run(test())


@pytest.mark.parametrize(("more", "state"), [(0, "composed"), (1, "failed")])
def test_a_body_has_a_megabyte_at_most(rig: Any, run: Run, make_custom: Any, more: int, state: str) -> None:
    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        content = b'"%s"' % (b"x" * (MOST_BODY_BYTES - 2 + more))
        return [replace(make_custom(event, message), parts=(content,)) for message in messages]

    async def test() -> None:
        await rig.register(EVENT)
        async with rig.running(rig.scripted(answer)):
            await rig.publish(EVENT, {"paymentid": "1"})
            await rig.until(lambda: rig.compositions()[0].state == state)
        if more:
            (delivery,) = rig.deliveries()
            assert delivery.state is DeliveryState.DEAD
            assert delivery.reason == "the body has 1,048,577 bytes; at most 1,048,576 are sent"

    run(test())


def test_a_poisoned_event_in_a_batch_of_500_stands_alone(rig: Any, run: Run, make_custom: Any) -> None:
    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        if any(message["data"]["paymentid"] == "337" for message in messages):
            raise RuntimeError("no error of the engine's")
        return [make_custom(event, message) for message in messages]

    async def test() -> None:
        await rig.register(EVENT)
        rig.pace = replace(Pace().faster(100_000), first_batch=500)
        definitions = rig.scripted(answer)
        await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(500)))
        async with rig.running(definitions):
            await rig.until(lambda: rig.states() == {DeliveryState.PENDING: 499, DeliveryState.DEAD: 1})
        (dead,) = rig.deliveries(state=DeliveryState.DEAD)
        assert dead.reason == "composing met an internal error, RuntimeError"
        assert len(rig.jobs()) == 499
        assert definitions.calls[0] == (EVENT, 500)
        assert sum(count > 1 for _, count in definitions.calls) == 17, "two halves in each of 8 rounds, and the whole"

    run(test())


def test_an_event_that_hangs_stands_alone(rig: Any, run: Run, make_custom: Any) -> None:
    end = threading.Event()

    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        if any(message["data"]["paymentid"] == "3" for message in messages):
            end.wait(1.0)
        return [make_custom(event, message) for message in messages]

    async def test() -> None:
        await rig.register(EVENT)
        rig.pace = replace(Pace().faster(20), first_batch=8, longest_batch=0.3, shown_after=0.05)
        await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(8)))
        async with rig.running(rig.scripted(answer)):
            await rig.until(lambda: rig.states().get(DeliveryState.COMPOSING, 0) > 0)
            await rig.until(lambda: sum(row.state == "composed" for row in rig.compositions()) == 7)
            await rig.until(lambda: rig.compositions()[3].failures > 0)
            assert rig.compositions()[3].reason == "composing did not end within 0.3 s"
            end.set()
            await rig.until(rig.are_composed)

    run(test())


def test_a_definition_that_keeps_timing_out_is_paused_and_others_are_not(
    rig: Any, run: Run, make_custom: Any, caplog: pytest.LogCaptureFixture
) -> None:
    is_quick = threading.Event()

    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        if event == EVENT and not is_quick.is_set():
            return [LedgerTimeoutError("the ledger did not answer within 5 s") for _ in messages]
        return [make_custom(event, message) for message in messages]

    async def test() -> None:
        rig.pace = Pace().faster(50)
        await rig.register(EVENT, "noteadded")
        definitions = rig.scripted(answer, EVENT, "noteadded")
        async with rig.running(definitions):
            await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(100)))
            await rig.until(lambda: "is not composed for" in caplog.text)
            await rig.until(lambda: sum("is paused" in str(each.reason) for each in rig.deliveries()) > 90)
            calls = len(definitions.calls)
            await rig.publish("noteadded", {"noteid": "1", "ledgeraccountid": "2"})
            await rig.until(lambda: rig.compositions()[-1].state == "composed")
            await asyncio.sleep(0.2)
            assert len(definitions.calls) < calls + 5
            is_quick.set()
            await rig.until(rig.are_composed)
        assert "goes on" in caplog.text

    caplog.set_level("INFO")
    run(test())


def test_an_event_that_costs_the_connection_ages_alone(rig: Any, run: Run, make_custom: Any, caplog: Any) -> None:
    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        return [
            LedgerUnavailableError("the connection was lost")
            if message["data"]["paymentid"] == "3"
            else make_custom(event, message)
            for message in messages
        ]

    async def test() -> None:
        rig.pace = replace(Pace().faster(20), first_batch=8)
        await rig.register(EVENT)
        await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(8)))
        async with rig.running(rig.scripted(answer)):
            await rig.until(lambda: sum(row.state == "composed" for row in rig.compositions()) == 7)
            await rig.until(lambda: rig.compositions()[3].reason is not None)
            await rig.publish(EVENT, {"paymentid": "9"})
            await rig.until(lambda: rig.compositions()[-1].state == "composed")
        failures = [row.failures for row in rig.compositions()]
        assert failures.pop(3) >= 1
        assert set(failures) == {0}

    run(test())


def test_a_driver_that_never_comes_back_keeps_no_turn_for_ever(
    rig: Any, run: Run, make_custom: Any, caplog: pytest.LogCaptureFixture
) -> None:
    end = threading.Event()

    def answer(event: str, messages: Messages) -> list[Body | EngineError]:
        if any(message["data"]["paymentid"] in ("0", "1") for message in messages):
            end.wait(60)
        return [make_custom(event, message) for message in messages]

    async def test() -> None:
        await rig.register(EVENT)
        rig.pace = replace(Pace().faster(50), first_batch=1, longest_batch=0.1, given_up_after=0.5, shown_after=0.05)
        await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(4)))
        async with rig.running(rig.scripted(answer)):
            await rig.until(lambda: [row.state for row in rig.compositions()[2:]] == ["composed"] * 2)
            assert "the ledger's driver does not come back" in caplog.text
            end.set()
            await rig.until(rig.are_composed)

    try:
        run(test())
    finally:
        end.set()


def test_an_error_that_nobody_foresaw_leaves_no_event_behind(
    rig: Any, run: Run, make_custom: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, faults = Gates.judge, [RuntimeError("canary"), None]

    def judged(gates: Gates, event: str, results: Any) -> Any:
        if faults and (fault := faults.pop(0)) is not None:
            raise fault
        return judge(gates, event, results)

    async def test() -> None:
        await rig.register(EVENT)
        await rig.publish(EVENT, *({"paymentid": str(number)} for number in range(20)))
        async with rig.running(rig.scripted(lambda event, given: [make_custom(event, each) for each in given])):
            await rig.until(rig.are_composed)
        assert "they are composed again" in caplog.text

    monkeypatch.setattr(Gates, "judge", judged)
    run(test())
