"""The certificates that are trusted, in one file: libcurl remembers those of a file from connection to connection."""

from __future__ import annotations

import ssl
from pathlib import Path
from tempfile import NamedTemporaryFile

import certifi

from webhooks.errors import SettingsError


class Trust:
    """The machine's certificates, or certifi's where it has none, and those of `bundle`; or `joined`, which has all.

    Raises SettingsError.
    """

    def __init__(self, bundle: Path | None, joined: Path | None = None) -> None:
        system = joined or Path(ssl.get_default_verify_paths().cafile or certifi.where())
        self.path = system
        self._joined = None
        if bundle is not None:
            text = system.read_bytes() + b"\n" + _read(bundle)
            self._joined = NamedTemporaryFile(prefix="aptic-trusted-", suffix=".pem")  # noqa: SIM115  close() ends it
            self._joined.write(text)
            self._joined.flush()
            self.path = Path(self._joined.name)

    def close(self) -> None:
        """Removes what was written."""
        if self._joined is not None:
            self._joined.close()


def _read(bundle: Path) -> bytes:
    try:
        data = bundle.read_bytes()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=data.decode("ascii"))
    except (OSError, ValueError, ssl.SSLError) as error:
        raise SettingsError(f"{bundle} is no file of trusted certificates in PEM form: {error}") from None
    return data
