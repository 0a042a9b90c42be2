"""`make demo` tells the whole story, and what it tells is so."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from waiting import PATIENCE_SECONDS, until

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import demo  # noqa: E402  docs/ is no package

BODIES = [
    (ROOT / "fixtures" / event / "guide" / "body.json").read_text() for event in ("ledgerpayment", "statuschange")
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_tells_the_whole_story(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever service the user's environment names, and whatever proxy."""
    monkeypatch.setenv("APTIC_STORE", "sqlite:////nowhere/at/all")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    played = subprocess.run(
        [sys.executable, ROOT / "docs/demo.py"], capture_output=True, timeout=PATIENCE_SECONDS, check=False
    )
    shown = played.stdout.decode()
    assert (played.returncode, played.stderr.decode()) == (0, "")
    definition = (ROOT / "definitions" / "ledgerpayment.xml").read_text(encoding="iso-8859-1")
    assert (
        shown.index(definition) < shown.index(BODIES[0]) < shown.index(BODIES[1]) < shown.index("aptic-webhooks serve")
    )
    composed, delivered = shown.split("$ aptic-webhooks serve")
    for body in BODIES:
        assert composed.count(f"\n{body}\n") == delivered.count(f"\n{body}\n") == 1
    assert re.search(r"^webhook-signature: v1,[\w+/]{43}=$", delivered, re.M)
    assert "verified by Standard Webhooks' own library" in delivered
    assert re.findall(r"^  attempt (\d)   \S+Z   (\d+) ", delivered, re.M) == [("1", "503"), ("2", "500"), ("3", "204")]
    assert shown.endswith("SIGTERM → exit 0\n")
    assert list(folder.iterdir()) == []


def test_it_leaves_the_service_running_where_it_is_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEP", "1")
    words = [sys.executable, ROOT / "docs/demo.py"]
    with (folder / "shown").open("w") as shown:
        played = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=shown, timeout=PATIENCE_SECONDS, check=False)
    told = (folder / "shown").read_text("utf-8")
    (process,) = re.findall(r"`kill (\d+)` ends it", told)
    try:
        assert played.returncode == 0
        (window, token) = re.findall(r"^(http://127.0.0.1:\d+)/enter\?token=(\S+)$", told, re.M)[0]
        with httpx.Client(base_url=window, headers={"sec-fetch-site": "same-origin"}) as browser:
            assert browser.post("/enter", data={"token": token}).status_code == 303
            assert (
                browser.get("/deliveries?state=delivered").text.count('<td class="time">') == 4
            )  # one event goes to two
    finally:
        os.kill(int(process), signal.SIGTERM)
    until(lambda: _has_ended(int(process)))


def _has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{process}/stat")  # one whose parent does not ask for it stays, as a zombie
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


FAILING = "import sys, demo; demo._program = lambda: sys.argv[1]; sys.exit(demo.main())"


def test_it_says_what_went_wrong_and_leaves_nothing(folder: Path) -> None:
    """In a process of its own: what other tests have left running here writes to standard error too."""
    words = [sys.executable, "-c", FAILING, str(shutil.which("false"))]
    ended = subprocess.run(
        words, cwd=ROOT / "docs", capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    told = "\nThe demo failed: the service ended before it listened\nThe service's log:\n"
    assert (ended.returncode, ended.stderr[: len(told)]) == (1, told)
    assert list(folder.iterdir()) == []


def test_it_does_not_tell_what_is_not_so() -> None:
    with pytest.raises(demo.DemoError, match=r"^the body of statuschange is not the guide's"):
        demo._checked("statuschange", BODIES[1].encode() + b"\n")
