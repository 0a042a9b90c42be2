"""A project of its own, and a studio of it in a process of its own."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from forking import Forked, Forker

from tests.authoring.conftest import start_tool

ROOT = Path(__file__).parents[3]


class Studio:
    """A studio that runs in `folder`, and a browser's part of it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes] | Forked) -> None:
        self.folder, self.process = folder, process
        assert process.stdout is not None
        assert process.stderr is not None
        self.link = process.stdout.readline().decode().strip()
        assert self.link, process.stderr.read().decode()
        self.base = self.link.partition("/?")[0]
        self.client = httpx.Client(base_url=self.base, timeout=60)
        assert self.client.get(self.link).status_code == 303

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def definition(self, path: Path | str) -> str:
        answer = self.get(f"/definition?file={quote(str(path), safe='')}")
        assert answer.status_code == 200
        return answer.text

    def case(self, event: str, name: str) -> str:
        answer = self.get(f"/case?event={quote(event)}&name={quote(name)}")
        assert answer.status_code == 200
        return answer.text

    def body(self, event: str, name: str) -> bytes:
        answer = self.get(f"/body?event={quote(event)}&name={quote(name)}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        return answer.content

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.client.close()
        self.process.send_signal(number)
        assert self.process.stderr is not None
        errors = self.process.stderr.read().decode()
        return self.process.wait(60), errors

    def discard(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.__exit__(None, None, None)


def copied(folder: Path) -> Path:
    """The shipped definitions and fixtures in a folder of their own."""
    shutil.copytree(ROOT / "definitions", folder / "definitions")
    ignored = shutil.ignore_patterns("invalid", "valid")
    shutil.copytree(ROOT / "fixtures", folder / "fixtures", ignore=ignored)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The shipped definitions and fixtures, to be changed at will."""
    return copied(tmp_path / "project")


@pytest.fixture
def open_studio(forker: Forker) -> Iterator[Callable[..., Studio]]:
    """Starts studios: forked, `anew` as a shell does it."""
    opened: list[Studio] = []

    def start(folder: Path, *words: str, anew: bool = False, **environment: str) -> Studio:
        opened.append(Studio(folder, start_tool(None if anew else forker, folder, "studio", *words, **environment)))
        return opened[-1]

    yield start
    for each in opened:
        each.discard()
