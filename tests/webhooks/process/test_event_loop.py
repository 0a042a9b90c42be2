"""Signals of a process that serves."""

import subprocess
import sys

SERVE = """
import asyncio, os, signal
from webhooks.process.event_loop import hear_signals, put_off_reload

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who runs the tests may ignore it
put_off_reload()
os.kill(os.getpid(), signal.SIGHUP)

async def serve():
    heard, reloaded = [], asyncio.Event()

    def reload():
        heard.append("reload")
        reloaded.set()

    hear_signals(lambda: heard.append("stop"), reload)
    await asyncio.wait_for(reloaded.wait(), 20)
    return heard

print(asyncio.run(serve()))
"""


def test_a_reload_that_is_asked_for_at_the_start_is_made_once_it_can_be() -> None:
    ended = subprocess.run([sys.executable, "-c", SERVE], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "['reload']\n", "")
