"""A service in a process of its own, and a client of it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from forking import Forked, Forker
from sqlalchemy import create_engine, make_url, text

from webhooks.cli.main import main

_PROGRAM = [sys.executable, "-c", "import sys; from webhooks.cli.main import main; sys.exit(main())"]
DEFINITIONS = Path(__file__).parents[2] / "definitions"
_LISTENS = re.compile(r"listens on (http://[^/]+)")


@dataclass
class Running:
    """A running service; `api` and `administration` are the beginnings of its URLs, `log` is its standard error."""

    process: subprocess.Popen[str] | Forked
    api: str
    administration: str
    data: Path
    lines: list[str]
    log: Path

    def stop(self) -> int:
        """Ends it as a service manager does; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@dataclass(frozen=True)
class Credentials:
    """A client of the service."""

    client_id: str
    client_secret: str
    api_key: str


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """Runs `aptic-webhooks` to its end."""
    return subprocess.run([*_PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)


def start(data: Path, *options: str, forker: Forker | None) -> Running:
    """`aptic-webhooks serve` on free ports: forked, or without a forker as an operator starts it."""
    words = ["serve", "--data", str(data), "--port", "0", "--admin-port", "0", *options]
    log = data.parent / "log"
    with log.open("a") as errors:
        if forker is None:
            started: Any = subprocess.Popen([*_PROGRAM, *words], stdout=subprocess.PIPE, stderr=errors, text=True)
        else:
            started = forker.start("service", words, errors)
    return _listening(started, data, log)


def _listening(process: subprocess.Popen[str] | Forked, data: Path, log: Path) -> Running:
    """Once it does."""
    assert process.stdout is not None
    lines: list[str] = []
    while len(found := _LISTENS.findall("".join(lines))) < 2:
        line = process.stdout.readline()
        assert line, f"the service ended: {lines} {log.read_text()}"
        lines.append(line)
    return Running(process, found[1], found[0], data, lines, log)


def add_client(data: Path, *options: str) -> Credentials:
    """A client with a name of its own, made by the command in this process: starting another takes a second."""
    with redirect_stdout(TextIOWrapper(BytesIO(), "utf-8")) as printed:
        assert main(["clients", "add", f"client {uuid4()}", "--data", str(data), "--json", *options]) == 0
        printed.seek(0)
        shown = json.loads(printed.read())
    return Credentials(shown["client_id"], shown["client_secret"], shown["api_key"])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, forker: Forker) -> Iterator[Running]:
    """One service for the tests of a module; each makes clients of its own."""
    data = tmp_path_factory.mktemp("service") / "data"
    running = start(data, "--definitions", str(DEFINITIONS), forker=forker)
    with running.process:
        yield running
        running.process.kill()


def _start_services(forker: Forker) -> Iterator[Callable[..., Running]]:
    """Starts services as `start` does, `anew` as an operator does; none outlives the test, or the module."""
    started: list[Running] = []

    def begin(data: Path, *options: str, anew: bool = False) -> Running:
        started.append(start(data, *options, forker=None if anew else forker))
        return started[-1]

    yield begin
    for running in started:
        with running.process:
            running.process.kill()


start_service = pytest.fixture(_start_services, name="start_service")
start_module_service = pytest.fixture(_start_services, scope="module", name="start_module_service")


@pytest.fixture
def add_client_to() -> Callable[..., Credentials]:
    """Makes a client of the service in a folder; takes options of `clients add`."""
    return add_client


@pytest.fixture
def new_credentials(service: Running) -> Callable[..., Credentials]:
    """Makes a client of the service; takes options of `clients add`."""

    def make(*options: str) -> Credentials:
        return add_client(service.data, *options)

    return make


@pytest.fixture
def new_client(service: Running, new_credentials: Callable[..., Credentials]) -> Iterator[Callable[..., httpx.Client]]:
    """Makes a client of the service, and gives an HTTP client that sends its API key."""
    made: list[httpx.Client] = []

    def make(*options: str) -> httpx.Client:
        made.append(httpx.Client(base_url=service.api, headers={"X-API-Key": new_credentials(*options).api_key}))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Makes an empty database of a kind and gives its URL."""
    made: list[tuple[str, str]] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite3'}"
        server, name = request.getfixturevalue("postgres_url"), f"store_{uuid4().hex[:12]}"
        _administer(server, f"CREATE DATABASE {name}")
        made.append((server, name))
        url = make_url(server).set(database=name)
        return url.render_as_string(hide_password=False)

    yield make
    for server, name in made:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
