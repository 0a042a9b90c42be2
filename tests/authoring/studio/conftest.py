"""A project of its own, and a studio of it in a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

ROOT = Path(__file__).parents[3]
_RUN = "import sys; from authoring.cli.main import main; sys.exit(main())"


class Studio:
    """A studio that runs in `folder`, and a browser's part of it."""

    def __init__(self, folder: Path, *words: str, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("APTIC_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, "studio", *words],
            cwd=folder,
            env=clean | {"PYTHONPATH": os.pathsep.join(sys.path)} | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().strip()
        assert self.link, self.process.communicate()[1]
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
        errors = self.process.communicate(timeout=60)[1]
        return self.process.returncode, errors

    def discard(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


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
def open_studio() -> Iterator[Callable[..., Studio]]:
    """Starts studios."""
    opened: list[Studio] = []

    def start(folder: Path, *words: str, **more: Any) -> Studio:
        opened.append(Studio(folder, *words, **more))
        return opened[-1]

    yield start
    for each in opened:
        each.discard()
