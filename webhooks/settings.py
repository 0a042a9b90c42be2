"""How a service is set up. Options and variables become this; nothing else in the service reads them."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from webhooks.errors import SettingsError

DEFAULT_DATA = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "aptic-webhooks"


class AuthMethod(StrEnum):
    """A way for clients to authenticate."""

    OAUTH2 = "oauth2"
    API_KEY = "api-key"


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of a service. `store` is a SQLAlchemy URL, None for SQLite in `data`; port 0 is any free one."""

    data: Path
    store: str | None = None
    events: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    admin_port: int = 8081
    auth: frozenset[AuthMethod] = frozenset(AuthMethod)
    trusted_proxies: tuple[str, ...] = ()

    @property
    def store_url(self) -> str:
        """Where the store is."""
        return self.store or f"sqlite:///{self.data / 'webhooks.sqlite3'}"

    @property
    def key_file(self) -> Path:
        """Where the keys are."""
        return self.data / "keys"

    def prepare_folder(self) -> None:
        """Makes the folder where it is not there yet, for its owner only. Raises SettingsError."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"the folder {self.data} cannot be made: {error.strerror}") from None
