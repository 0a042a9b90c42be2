"""Runs `aptic-webhooks` in this process."""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from webhooks.cli.main import main
from webhooks.store.store import Store


@dataclass(frozen=True)
class Ended:
    """What a command has written, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The result of a command that was given --json."""
        return json.loads(self.out)


_OF_A_STORE = [
    (name,) for name in ("clients", "webhooks", "definitions", "deliveries", "replay", "erase", "emit", "compose")
]


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with nothing in it."""
    file = tmp_path_factory.mktemp("empty") / "store"
    Store(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, empty_store: Path) -> Callable[..., Ended]:
    """Runs a command on a folder of the test's own, in an environment with nothing but what is given."""
    folder = tmp_path / "aptic-webhooks"

    def command(*words: str, **environment: str) -> Ended:
        if words[:1] in _OF_A_STORE and words[:2] != ("clients", "add") and not folder.exists():
            folder.mkdir(mode=0o700)
            shutil.copy(empty_store, folder / "webhooks.sqlite3")
        try:
            code = main(words, {"XDG_DATA_HOME": str(tmp_path), **environment})
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return Ended(code, shown.out, shown.err)

    return command


@pytest.fixture
def change(tmp_path: Path) -> Callable[..., Any]:
    """Runs a function of the store's modules on the store of `run`, and commits."""

    def write(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with Store(_store_url(tmp_path)) as store:
            return asyncio.run(store.write(lambda connection: function(connection, *arguments, **named)))

    return write


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Any]:
    """Runs a function that reads on the store of `run`."""

    def read(function: Callable[..., Any]) -> Any:
        with Store(_store_url(tmp_path)) as store:
            return store.read_now(function)

    return read


def _store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'aptic-webhooks' / 'webhooks.sqlite3'}"
