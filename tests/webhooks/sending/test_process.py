"""The sender in a process of its own: it may end at any time, and nobody else notices more than that."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop
from receivers.asking import opened, to
from receivers.behaviours import read_request
from receivers.hub import Hub, Receiver

from webhooks.errors import SettingsError
from webhooks.sending import process
from webhooks.sending.interface import Outcome, OutgoingRequest, SendError
from webhooks.sending.process import ProcessSender

PATIENCE = 60.0
HELLO_REQUESTS = bytes.fromhex("160303000400000000") * 1000
UNBOUNDED = "from webhooks.sending import program, watch; watch._MOST_BYTES = 1 << 60; program.main()"
"""A sender that lets floods be, as if it did not know them: one call of libcurl lasts for as long as they do."""


def run(work: Callable[[ProcessSender], Awaitable[Any]], **options: Any) -> Any:
    """Does work with a sender that is closed afterwards."""

    async def run_it() -> Any:
        sender = ProcessSender(user_agent="test", **options)
        try:
            async with asyncio.timeout(PATIENCE):
                return await work(sender)
        finally:
            await sender.close()

    return uvloop.run(run_it())


def request_to(receiver: Receiver, scheme: str = "http") -> OutgoingRequest:
    return to(f"{scheme}://127.0.0.1:{receiver.port}/", opened(receiver.port))


def pid_of(sender: ProcessSender) -> int:
    found = sender._usual._process
    assert found is not None
    return found.pid


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.01)


def test_what_waits_for_the_start_is_sent(hub: Hub) -> None:
    good = hub.start("good")

    async def work(sender: ProcessSender) -> list[Outcome]:
        return await asyncio.gather(*(sender.send(request_to(good)) for _ in range(200)))

    assert all(outcome.is_success for outcome in run(work))


def test_kill_9_interrupts_what_is_under_way_and_nothing_else(hub: Hub) -> None:
    silent, good = hub.start("silent"), hub.start("good")

    async def work(sender: ProcessSender) -> tuple[Outcome, list[Outcome], set[int]]:
        under_way = asyncio.ensure_future(sender.send(request_to(silent)))
        await until(lambda: silent.connections > 0)
        pids = {pid_of(sender)}
        os.kill(pid_of(sender), signal.SIGKILL)
        outcomes = [await sender.send(request_to(good)) for _ in range(3)]  # the first may be interrupted as well
        return await under_way, outcomes[1:], pids | {pid_of(sender)}

    interrupted, after, pids = run(work)
    assert (interrupted.error, interrupted.is_by_chance) == (SendError.INTERRUPTED, True)
    assert [outcome.status for outcome in after] == [200, 200]
    assert len(pids) == 2


def test_the_service_decides_when_it_ends(hub: Hub) -> None:
    """A terminal's Ctrl-C and a service manager's SIGTERM reach all processes: what is under way is to end well."""
    slow = hub.start("slow")

    async def work(sender: ProcessSender) -> Outcome:
        under_way = asyncio.ensure_future(sender.send(request_to(slow)))
        await until(lambda: slow.connections > 0)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(pid_of(sender), number)
        assert os.getsid(pid_of(sender)) != os.getsid(0)
        return await under_way

    assert run(work).status == 200


def test_who_is_cancelled_is_not_sent_on(hub: Hub) -> None:
    ended = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def waits(reader: StreamReader, writer: StreamWriter) -> None:
        loops.append(asyncio.get_running_loop())
        await read_request(reader)
        await reader.read()
        ended.set()

    receiver = hub.start(waits)

    async def work(sender: ProcessSender) -> None:
        under_way = asyncio.ensure_future(sender.send(request_to(receiver)))
        await until(lambda: bool(loops))
        under_way.cancel()
        await asyncio.gather(under_way, return_exceptions=True)
        await until(ended.is_set)

    run(work)


def test_close_cancels_what_is_under_way_and_ends_the_process(hub: Hub) -> None:
    silent = hub.start("silent")

    async def work(sender: ProcessSender) -> int:
        under_way = asyncio.ensure_future(sender.send(request_to(silent)))
        await until(lambda: silent.connections > 0)
        pid = pid_of(sender)
        await sender.close()
        with pytest.raises(asyncio.CancelledError):
            await under_way
        return pid

    assert not Path(f"/proc/{run(work)}").exists()


def test_one_that_is_stopped_is_ended_after_the_deadline(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.5)
    good = hub.start("good")

    async def work(sender: ProcessSender) -> list[Outcome]:
        first = await sender.send(request_to(good))
        os.kill(pid_of(sender), signal.SIGSTOP)
        return [first, await sender.send(request_to(good)), await sender.send(request_to(good))]

    outcomes = run(work, deadline=10.0)
    assert [(each.status, each.error, each.is_by_chance) for each in outcomes] == [
        (200, None, False),
        (None, SendError.INTERRUPTED, True),
        (200, None, False),
    ]


def test_who_holds_a_call_of_libcurl_is_blamed_alone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood that nothing else ends costs its process; the next one of its origin goes by another one."""
    monkeypatch.setattr(process, "_PROGRAM", ("-P", "-c", UNBOUNDED))

    async def floods(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(1)
        try:
            while True:
                writer.write(HELLO_REQUESTS)
                await writer.drain()
        finally:
            writer.transport.abort()

    guilty, silent, good = hub.start(floods), hub.start("silent"), hub.start("good")

    async def work(sender: ProcessSender) -> tuple[list[Outcome], Outcome, set[int]]:
        beside = asyncio.ensure_future(sender.send(request_to(silent)))
        await until(lambda: silent.connections > 0)
        first = await sender.send(request_to(guilty, "https"))
        outcomes = [first, await beside, await sender.send(request_to(good))]
        pids = {pid_of(sender)}
        again = asyncio.ensure_future(sender.send(request_to(guilty, "https")))
        for _ in range(20):
            outcomes.append(await sender.send(request_to(good)))
            pids.add(pid_of(sender))
        return outcomes, await again, pids

    (first, beside, *others), again, pids = run(work, deadline=40.0)
    for outcome in (first, again):
        assert (outcome.error, outcome.is_by_chance) == (SendError.PROTOCOL, False)
        assert "kept the sender from all other work" in (outcome.detail or "")
    assert (beside.error, beside.is_by_chance) == (SendError.INTERRUPTED, True)
    assert all(outcome.is_success for outcome in others)
    assert len(pids) == 1


def test_the_one_for_suspects_ends_when_nobody_asks_it(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_REST_SECONDS", 0.5)
    good = hub.start("good")

    async def work(sender: ProcessSender) -> list[Outcome]:
        outcomes = [await sender.send(request_to(good))]
        for _ in range(2):
            sender._suspects.add([f"127.0.0.1:{good.port}"], is_known=True)
            outcomes.append(await sender.send(request_to(good)))
            assert sender._apart._process is not None
            await until(lambda: sender._apart._process is None)
        assert sender._usual._process is not None
        return outcomes

    assert all(outcome.is_success for outcome in run(work))


def test_a_program_that_cannot_start_sends_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again until the deadline, and after that too."""
    monkeypatch.setattr(process, "_GRACE_SECONDS", 0.0)
    good = hub.start("good")

    async def work(sender: ProcessSender) -> tuple[Outcome, Outcome]:
        with monkeypatch.context() as broken:
            broken.setattr(process, "_PROGRAM", ("-c", "raise SystemExit(1)"))
            failed = await sender.send(request_to(good))
        monkeypatch.setattr(process, "_GRACE_SECONDS", PATIENCE)
        return failed, await sender.send(request_to(good))

    failed, after = run(work, deadline=5.0)
    assert (failed.error, failed.is_by_chance) == (SendError.INTERRUPTED, True)
    assert failed.detail == "The process that sends could not be started: nothing was sent."
    assert after.is_success
    assert good.connections == 1


def test_no_key_and_no_secret_is_in_its_environment(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APTIC_KEYS", "APTIC_STORE", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "canary-of-a-secret")
    good = hub.start("good")

    async def work(sender: ProcessSender) -> str:
        await sender.send(to(f"http://127.0.0.1:{good.port}/", opened(good.port), body=b"canary-of-a-secret"))
        folder = Path(f"/proc/{pid_of(sender)}")
        return "".join((folder / name).read_text() for name in ("environ", "cmdline"))

    found = run(work)
    assert "canary" not in found
    assert "webhooks.sending.program" in found


def test_it_ends_with_the_service_that_started_it() -> None:
    code = """
import asyncio, os
from webhooks.sending.process import ProcessSender

async def main():
    sender = ProcessSender(user_agent="test")
    sender.start()
    while not sender._usual._is_ready:
        await asyncio.sleep(0.01)
    print(sender._usual._process.pid, flush=True)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == -signal.SIGKILL
    end = time.monotonic() + PATIENCE
    while is_running(int(ended.stdout)):
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """A zombie, whose new parent has not heard of its end, is none that runs."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_the_service_itself_never_calls_libcurl() -> None:
    code = "import sys, webhooks.process.running, webhooks.process.working; sys.exit('pycurl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=PATIENCE, check=False).returncode == 0


def test_a_bundle_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no file of trusted certificates"):
        ProcessSender(user_agent="test", ca_bundle=tmp_path / "none.pem")
