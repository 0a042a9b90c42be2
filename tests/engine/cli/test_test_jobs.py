"""`aptic-definitions test` with several cases at a time, and its progress bar on a real terminal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from on_terminal import OnTerminal

PROGRAM = """
import sys
from engine.commandline import progress_bar
from engine.cli.main import main
progress_bar._AFTER_SECONDS = progress_bar._BETWEEN_SECONDS = 0
sys.exit(main(["test", "--events", "events", *{words}]))
"""


@pytest.fixture
def many(project: Path) -> Path:
    """The project with cases that pass, differ and fail by turns."""
    for number in range(60):
        folder = project / "fixtures/refund" / f"case{number:03}"
        folder.mkdir()
        data = {"event": "refund", "data": {"refundid": str(7 + number % 3)}, "secret": "mySecret"}
        (folder / "event.json").write_text(json.dumps(data))
        (folder / "body.json").write_text('{"refundid":7,"amount":12.50,"payee":"Åsa","secret":"mySecret"}', "utf-8")
    return project


def test_several_jobs_give_the_same_bytes_as_one(command: Callable[..., Any], many: Path) -> None:
    words = ("test", "--events", "events", "--junit", "junit.xml")
    shown = {}
    for jobs in ("1", "auto", "8"):
        ended = command(*words, "--jobs", jobs, cwd=many)
        shown[jobs] = (ended.code, ended.out, ended.err, (many / "junit.xml").read_bytes())
    assert shown["1"] == shown["auto"] == shown["8"]
    assert shown["1"][0] == 1
    assert shown["1"][1].endswith("40 of 61 cases failed\n")


def test_several_jobs_write_the_same_files(command: Callable[..., Any], many: Path) -> None:
    written = {}
    bodies = list((many / "fixtures/refund").rglob("body.json"))
    for jobs in ("1", "8"):
        for path in bodies:
            path.write_bytes(b"{}")
        assert command("test", "--events", "events", "--update", "--jobs", jobs, cwd=many).code == 1
        written[jobs] = {path: path.read_bytes() for path in bodies}
    assert written["1"] == written["8"]


@pytest.mark.parametrize("jobs", ["0", "9", "-1", "many", "1.5", "٣"])
def test_a_number_of_jobs_that_cannot_be(command: Callable[..., Any], project: Path, jobs: str) -> None:
    ended = command("test", f"--jobs={jobs}", cwd=project)
    assert (ended.code, "is neither auto nor a whole number from 1 to 8" in ended.err) == (2, True)


def test_a_bar_is_on_a_terminal_only_and_gone_at_the_end(command: Callable[..., Any], many: Path) -> None:
    running = OnTerminal(PROGRAM.format(words="[]"), many)
    assert running.end() == 1
    assert "\r\x1b[Ktest [" in running.shown
    assert running.shown.rindex("\x1b[K") > running.shown.rindex("of 61\r")
    plain = command("test", "--events", "events", cwd=many)
    lines = running.shown.replace("\x1b[1;31m", "").replace("\x1b[31m", "").replace("\x1b[32m", "")
    assert "\x1b" not in plain.out + plain.err
    assert lines.endswith(plain.out.splitlines()[-1] + "\n")


def test_control_c_ends_it_cleanly(many: Path) -> None:
    for number in range(100, 1500):  # more than are run before it is interrupted
        (many / f"fixtures/refund/case{number}").symlink_to("case000")
    running = OnTerminal(PROGRAM.format(words="['--jobs', '2']"), many)
    running.wait_for("ok   refund/case003")
    running.interrupt()
    assert running.end() == 130
    assert "Traceback" not in running.shown
    assert running.shown.rindex("\x1b[K") > running.shown.rindex("test [")
