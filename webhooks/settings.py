"""The settings of a service. Only the commands read options and environment variables, and make settings of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from engine.errors import ConfigurationError
from engine.model import DEFAULT_MAX_ROWS
from engine.settings import LoadOptions
from webhooks.errors import SettingsError

RETRY_SCHEDULE: Final = "5s,5min,30min,2h,5h,10h,14h,20h,24h"
"""The waits before the attempts after the first one (service specification, section 2), as the option takes them."""

_UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(rf"(\d{{1,6}}(?:\.\d{{1,3}})?)({'|'.join(_UNIT_SECONDS)})", re.ASCII)
_LONGEST_WAIT_SECONDS: Final = 30 * _UNIT_SECONDS["d"]
_MOST_RETRIES: Final = 100


class AuthMethod(StrEnum):
    """A way for clients to authenticate."""

    OAUTH2 = "oauth2"
    API_KEY = "api-key"


def parse_schedule(text: str) -> tuple[float, ...]:
    """The waits of a retry schedule such as RETRY_SCHEDULE, in seconds. Raises SettingsError."""
    found = [_DURATION.fullmatch(part.strip()) for part in text.split(",")]
    waits = tuple(float(part[1]) * _UNIT_SECONDS[part[2]] for part in found if part)
    if len(waits) < len(found) or len(waits) > _MOST_RETRIES or max(waits) > _LONGEST_WAIT_SECONDS:
        raise SettingsError(
            f"{text!r} is no retry schedule: write up to {_MOST_RETRIES} waits with commas, each a number and ms, s, "
            f"min, h or d, at most 30d, for example {RETRY_SCHEDULE}"
        )
    return waits


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of a service. The repr shows no keys and no passwords. Port 0 means any free port.

    `store` is a SQLAlchemy URL; None means SQLite in `data`. `keys` is the text of a key file; None means that the keys
    are in a file, `key_file` or else `keys` in `data`. Without `ledger` only default bodies are composed.
    `retry_schedule`, `deadline` and `query_timeout` are in seconds, `keep_data` in days, `keep_attempts` in months. One
    process sends at most `endpoint_concurrency` requests to an endpoint at once, and begins at most `endpoint_rate` a
    second.
    """

    data: Path
    store: str | None = None
    keys: str | None = None
    key_file: Path | None = None
    events: Path | None = None
    definitions: Path | None = None
    ledger: str | None = None
    ledger_schema: Path | None = None
    time_zone: str | None = None
    databases: tuple[str, ...] = ()
    query_timeout: float = 5.0
    max_rows: int = DEFAULT_MAX_ROWS
    require_read_only: bool = False
    allow_http: bool = False
    allow_networks: tuple[str, ...] = ()
    allow_ports: tuple[int, ...] = ()
    retry_schedule: tuple[float, ...] = parse_schedule(RETRY_SCHEDULE)
    deadline: float = 15.0
    ca_bundle: Path | None = None
    endpoint_concurrency: int = 32
    endpoint_rate: float = 1000.0
    keep_data: int = 30
    keep_attempts: int = 13
    host: str = "127.0.0.1"
    port: int = 8080
    admin_port: int = 8081
    metrics_port: int | None = None
    window_hosts: tuple[str, ...] = ()
    auth: frozenset[AuthMethod] = frozenset(AuthMethod)
    trusted_proxies: tuple[str, ...] = ()

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.store or f"sqlite:///{quote(str(self.data.absolute() / 'webhooks.sqlite3'))}"

    @property
    def key_path(self) -> Path:
        """The file of the keys, unless they are given as text."""
        return self.key_file or self.data / "keys"

    @property
    def load_options(self) -> LoadOptions:
        """The options for the engine, which loads the definitions."""
        return LoadOptions(
            folder=self.definitions,
            ledger=self.ledger,
            ledger_schema=self.ledger_schema,
            events=self.events,
            time_zone=self.time_zone,
            databases=self.databases,
            timeout=self.query_timeout,
            max_rows=self.max_rows,
            require_read_only=self.require_read_only,
        )

    def prepare_folder(self) -> None:
        """Makes the folder `data` if it is not there yet, for its owner only. Raises SettingsError."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"the folder {self.data} cannot be made: {error.strerror}") from None

    def check(self) -> None:
        """Raises SettingsError for what can be seen to be wrong before the store or the ledger is opened."""
        if self.ledger is not None and self.definitions is None:
            raise SettingsError(
                "there is a --ledger but no --definitions: every event would be sent with its default body"
            )
        if self.ca_bundle is not None:
            _check_certificates(self.ca_bundle)
        if self.ledger_schema is not None:
            _check_file(self.ledger_schema)
        try:
            self.load_options.check()
        except ConfigurationError as error:
            raise SettingsError(error.message) from None

    def __repr__(self) -> str:
        return f"Settings(data={self.data!r}, …)"


def _check_certificates(file: Path) -> None:
    import ssl  # noqa: PLC0415  slow to import: every command imports this module, few need ssl

    try:
        found = ssl.create_default_context(cafile=str(file)).cert_store_stats()["x509"]
    except ssl.SSLError:
        found = 0
    except OSError as error:
        raise SettingsError(f"the CA bundle {file} cannot be read: {error.strerror}") from None
    if not found:
        raise SettingsError(f"the CA bundle {file} holds no certificate in PEM")


def _check_file(schema: Path) -> None:
    try:
        with schema.open("rb"):
            pass
    except OSError as error:
        raise SettingsError(f"the ledger's schema {schema} cannot be read: {error.strerror}") from None


def is_there(path: Path) -> bool:
    """Whether the file exists. Raises SettingsError if this user may not look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise SettingsError(f"{path} cannot be looked at: {error.strerror}") from None
    return True


def default_data(environment: Mapping[str, str]) -> Path:
    """The user's own folder for a service, by the XDG base directory specification. Raises SettingsError."""
    if given := environment.get("XDG_DATA_HOME"):
        return Path(given) / "aptic-webhooks"
    try:
        return Path.home() / ".local/share/aptic-webhooks"
    except RuntimeError:
        raise SettingsError("this user has no home folder: name one for the service with --data") from None
