"""The kill matrix: what is struck, again and again under load, and what is left afterwards."""

from __future__ import annotations

import errno
import os
import random
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from chaos.audit import Audit, audit
from chaos.scene import Scene
from forking import Forker
from private_postgresql import PrivatePostgreSQL

_WORKERS = ("worker-1", "worker-2")
_DISK = "96m"


class Server(PrivatePostgreSQL):
    """A database server as it is by default: what it says is committed is on disk."""

    def start(self, *, wait: bool = True, **settings: str) -> None:
        safe = {"fsync": "on", "synchronous_commit": "on", "log_statement": "none", "max_connections": "200"}
        super().start(wait=wait, **{**safe, **settings})

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new one."""
        name = f"chaos_{uuid4().hex[:12]}"
        with self.admin() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        try:
            yield self.url("psycopg").removesuffix("postgres") + name
        finally:
            with self.admin() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class How:
    """At least so many instants, and events a second. The seed gives instants and load, not how long things take."""

    kills: int
    seed: str
    rate: float = 200


@dataclass
class Row:
    """What came of a cell; `met` counts the strikes by what was under way."""

    cell: str
    strikes: int
    seconds: float
    met: Counter[str]
    found: Audit
    scene: Scene


@dataclass
class Strikes:
    """The instants of one cell."""

    scene: Scene
    server: Server | None
    chance: random.Random
    met: Counter[str] = field(default_factory=Counter)

    def wait(self) -> None:
        """Until the next instant; some come while nothing is published any more, so that they meet what follows."""
        is_paused = self.chance.random() < 0.25
        self.scene.load.pause(is_paused=False)
        before, until = len(self.scene.load.acknowledged), time.monotonic() + 15
        while len(self.scene.load.acknowledged) < before + 20 and time.monotonic() < until:
            time.sleep(0.01)
        self.scene.load.pause(is_paused=is_paused)
        time.sleep(self.chance.uniform(0, 1.0))
        self.met.update(self.scene.steps() | (set() if is_paused else {"publishing"}))

    def starts(self) -> bool:
        """Whether the next instant comes while what was struck has not begun to work again."""
        is_early = self.chance.random() < 0.2
        if is_early:
            time.sleep(self.chance.uniform(0, 0.5))
            self.met["starting"] += 1
        return is_early

    def kill(self, *names: str) -> int:
        """Processes, which are started again; gives how many instants it was."""
        self.wait()
        count = 1
        self._kill(names)
        while self.starts():
            self._kill(names)
            count += 1
        for name in names:
            self.scene.wait_until_ready(name)
        return count

    def _kill(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.scene.kill(name)
        time.sleep(self.chance.uniform(0, 0.3))
        for name in names:
            self.scene.start(name)

    def worker(self) -> int:
        """The second one, or both at once."""
        return self.kill(*_WORKERS) if self.chance.random() < 0.3 else self.kill(_WORKERS[1])

    def sender(self) -> int:
        """The process that sends, of a worker or of `serve`, which starts another one by itself."""
        self.wait()
        self.scene.kill_sender(self.chance.choice([name for name in self.scene.running if name != "receiver"]))
        return 1

    def database(self) -> int:
        """Stops it at once, as in a power failure."""
        assert self.server is not None
        self.wait()
        count = 1
        self._stop(self.server)
        while self.starts():
            self._stop(self.server)
            count += 1
        return count

    def _stop(self, server: Server) -> None:
        server.stop("immediate")
        time.sleep(self.chance.uniform(0, 0.5))
        server.start()

    def disk(self) -> int:
        """Nothing can be written for a while; now and then the service is killed meanwhile."""
        self.wait()
        with _full(self.scene):
            time.sleep(self.chance.uniform(0.05, 1.0))
            is_killed = self.chance.random() < 0.3
            if is_killed:
                self.met["killed too"] += 1
                self.scene.kill("serve")
        if is_killed:
            self.scene.start("serve")
            self.scene.wait_until_ready("serve")
        return 1


@dataclass(frozen=True)
class Cell:
    """What is struck, over which store."""

    name: str
    strike: Callable[[Strikes], int]

    @property
    def needs_server(self) -> bool:
        return not self.name.startswith("sqlite")


CELLS = (
    Cell("sqlite/service", lambda strikes: strikes.kill("serve")),
    Cell("sqlite/receiver", lambda strikes: strikes.kill("receiver")),
    Cell("sqlite/sender", Strikes.sender),
    Cell("sqlite/full-disk", Strikes.disk),
    Cell("postgresql/api", lambda strikes: strikes.kill("serve")),
    Cell("postgresql/dispatcher", lambda strikes: strikes.kill(_WORKERS[0])),
    Cell("postgresql/worker", Strikes.worker),
    Cell("postgresql/sender", Strikes.sender),
    Cell("postgresql/receiver", lambda strikes: strikes.kill("receiver")),
    Cell("postgresql/database", Strikes.database),
)


def run(cell: Cell, forker: Forker, server: Server | None, folder: Path, how: How) -> Row:
    """A cell from an empty store to what is left."""
    folder.mkdir()
    since = time.monotonic()
    with _store(cell, server, folder) as (data, store):
        scene = Scene(forker, folder, data, store, f"{how.seed} {cell.name}", how.rate)
        strikes, count = Strikes(scene, server, random.Random(scene.seed)), 0
        try:
            scene.begin("serve", *(_WORKERS if cell.needs_server else ()))
            while count < how.kills:
                count += cell.strike(strikes)
            scene.load.pause(is_paused=False)
            time.sleep(1)
            scene.load.stop()
            scene.drain()
        finally:
            scene.end()
        return Row(cell.name, count, time.monotonic() - since, strikes.met, audit(scene), scene)


@contextmanager
def _store(cell: Cell, server: Server | None, folder: Path) -> Iterator[tuple[Path, str | None]]:
    data = folder / "data"
    data.mkdir(mode=0o700)
    if cell.needs_server:
        assert server is not None
        with server.database() as store:
            yield data, store
    elif cell.strike is Strikes.disk and os.getuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=0700", "tmpfs", data], check=True)
        try:
            yield data, None
        finally:
            subprocess.run(["umount", data], check=True)
    else:
        yield data, None


@contextmanager
def _full(scene: Scene) -> Iterator[None]:
    """A disk of its own is filled up; where only root could have made one, the process may let no file grow."""
    if os.getuid() == 0:
        ballast = scene.data / "ballast"
        with ballast.open("wb", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size = size // 2 if size > 4096 else 0
            try:
                yield
            finally:
                ballast.unlink()
        return
    pid = scene.running["serve"].process.pid
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        if "serve" in scene.running:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
