"""Signals of a process that serves."""

import asyncio
import os
import signal

from webhooks.event_loop import hear_signals, put_off_reload


def test_a_reload_that_is_asked_for_at_the_start_is_made_once_it_can_be() -> None:
    put_off_reload()
    os.kill(os.getpid(), signal.SIGHUP)

    async def serve() -> list[str]:
        heard: list[str] = []
        reloaded = asyncio.Event()

        def reload() -> None:
            heard.append("reload")
            reloaded.set()

        hear_signals(lambda: heard.append("stop"), reload)
        await asyncio.wait_for(reloaded.wait(), 20)
        return heard

    assert asyncio.run(serve()) == ["reload"]
