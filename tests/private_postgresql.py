"""A PostgreSQL server of a test's own, which may be stopped, killed and read the log of."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from free_port import free_port
from needed import missing
from sqlalchemy import URL

PASSWORD = "Superuser-1-Password"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "deadlock_timeout": "100ms",
    "log_statement": "all",
    "lc_messages": "C",
}


def programs() -> Path:
    """Where the newest installed server has its programs.

    Skips where `APTIC_TEST_POSTGRES_URL` names no server: who wants no tests with PostgreSQL wants none that start one.
    """
    if "APTIC_TEST_POSTGRES_URL" not in os.environ:
        missing("no PostgreSQL (APTIC_TEST_POSTGRES_URL)")
    if (found := binaries()) is None:
        missing("no programs of a PostgreSQL server")
    return found


def binaries() -> Path | None:
    """Where the newest installed server has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class PrivatePostgreSQL:
    """Runs as the user postgres where the tests run as root, who may not."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="private_postgresql_"))
        self._is_root = os.getuid() == 0
        if self._is_root:
            shutil.chown(self.folder, "postgres")
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._data = self.folder / "data"
        options = ["-U", "postgres", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--locale=C"]
        self._run("initdb", "-D", str(self._data), *options)
        self.port = free_port()
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        account = pwd.getpwnam("postgres") if self._is_root else None
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )

    def start(self, *, wait: bool = True, **settings: str) -> None:
        options = " ".join(f"-c {name}='{value}'" for name, value in {**_SETTINGS, **settings}.items())
        log = str(self.folder / "log")
        waiting = "-w" if wait else "-W"
        self._run("pg_ctl", "-D", str(self._data), "-l", log, waiting, "-o", f"-p {self.port} {options}", "start")

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop")

    def stand_by(self, *, on: bool) -> None:
        """Whether the next start follows another server, and so takes no connections."""
        (self._data / "standby.signal").touch() if on else (self._data / "standby.signal").unlink()

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, driver: str, user: str = "postgres", password: str = PASSWORD, port: int | None = None) -> str:
        made = URL.create(f"postgresql+{driver}", user, password, "127.0.0.1", port or self.port, "postgres")
        return made.render_as_string(hide_password=False)

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url("psycopg").replace("+psycopg", ""), autocommit=True)

    def executions(self, mark: str) -> int:
        """How often the server began to run a statement whose text holds `mark`."""
        lines = (self.folder / "log").read_text("utf-8", "replace").splitlines()
        return sum(mark in line for line in lines if " execute " in line or " statement: " in line)

    @staticmethod
    def freeze(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        stat = Path(f"/proc/{pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "T":  # it stops a moment after it is told to
            time.sleep(0.005)

    @staticmethod
    def thaw(pid: int) -> None:
        os.kill(pid, signal.SIGCONT)
