"""How a service is set up. Options and variables become this; nothing else in the service reads them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from webhooks.errors import SettingsError


class AuthMethod(StrEnum):
    """A way for clients to authenticate."""

    OAUTH2 = "oauth2"
    API_KEY = "api-key"


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of a service; the repr shows no keys. Port 0 is any free one.

    `store` is a SQLAlchemy URL, None for SQLite in `data`. `keys` is the text of a key file, None where there is one,
    `key_file` or else `keys` in `data`.
    """

    data: Path
    store: str | None = None
    keys: str | None = None
    key_file: Path | None = None
    events: Path | None = None
    definitions: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    admin_port: int = 8081
    auth: frozenset[AuthMethod] = frozenset(AuthMethod)
    trusted_proxies: tuple[str, ...] = ()

    @property
    def store_url(self) -> str:
        """Where the store is."""
        return self.store or f"sqlite:///{self.data.absolute() / 'webhooks.sqlite3'}"

    @property
    def key_path(self) -> Path:
        """Where the keys are, unless they are given as text."""
        return self.key_file or self.data / "keys"

    def prepare_folder(self) -> None:
        """Makes the folder where it is not there yet, for its owner only. Raises SettingsError."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"the folder {self.data} cannot be made: {error.strerror}") from None

    def __repr__(self) -> str:
        return f"Settings(data={self.data!r}, …)"


def default_data(environment: Mapping[str, str]) -> Path:
    """The user's own folder for a service, by the XDG base directory specification. Raises SettingsError."""
    if given := environment.get("XDG_DATA_HOME"):
        return Path(given) / "aptic-webhooks"
    try:
        return Path.home() / ".local/share/aptic-webhooks"
    except RuntimeError:
        raise SettingsError("this user has no home folder: name one for the service with --data") from None
