"""What a service keeps: its folder, its keys and its store, opened together and in an order that harms nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webhooks.errors import SettingsError
from webhooks.security.keys import Keyring
from webhooks.settings import Settings, is_there
from webhooks.store.clients import key_names
from webhooks.store.opening import OutdatedStoreError, parse
from webhooks.store.store import Store

_VARIABLE = "the variable APTIC_KEYS"
_SERVED = "another process serves {} already; several need a store on PostgreSQL (--store)"
_SERVED_BY_OTHER = "a process of another version serves {}: stop it, and start this version's `serve` then"
_LOCK_TRIES = 5
_LOCK_PAUSE_SECONDS = 0.02  # between them: `is_served` keeps the lock for less


@contextmanager
def opened(settings: Settings, *, is_sole: bool = False) -> Iterator[tuple[Store, Keyring]]:
    """The store and the keys that read it, both made where they are not there yet.

    `is_sole` says that the caller is in `sole_server`. Raises SettingsError, StoreError. Where the keys of a store are
    missing, no new one is made: it could read nothing.
    """
    settings.prepare_folder()
    with Store(settings.store_url) if is_sole else _beside_others(settings) as store:
        names = store.read_now(key_names)
        keyring = keyring_of(settings, is_new=not names)
        if unknown := [name.hex() for name in names if not keyring.knows(name)]:
            raise SettingsError(
                f"the store was written with keys that are not in {_place(settings)} ({', '.join(unknown)}): "
                "put them back, one a line, the newest first"
            )
        yield store, keyring


def missing_file(settings: Settings) -> Path | None:
    """The file of an embedded store that is not there; a mistyped folder would look like an empty service."""
    url = parse(settings.store_url)
    file = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    return file if file is not None and not is_there(file) else None


def _beside_others(settings: Settings) -> Store:
    """A store that another process may serve: its tables are brought to this version only where none does."""
    if parse(settings.store_url).get_backend_name() != "sqlite":
        return Store(settings.store_url)
    try:
        return Store(settings.store_url, may_migrate=False)
    except OutdatedStoreError:
        with sole_server(settings, _SERVED_BY_OTHER):
            Store(settings.store_url).close()
    return Store(settings.store_url, may_migrate=False)


@contextmanager
def sole_server(settings: Settings, refusal: str = _SERVED) -> Iterator[None]:
    """Holds an embedded store for one serving process. Raises SettingsError with the refusal where another has it.

    The lock is on the store's file itself, by whatever name it is reached, and ends with the process. It is flock's:
    SQLite's own are POSIX locks, all of which a process loses when it closes any descriptor of the file. So this one is
    opened before SQLite opens the file, and closed after it.
    """
    settings.prepare_folder()
    url = parse(settings.store_url)
    if url.get_backend_name() != "sqlite":
        yield
        return
    try:
        file = os.fdopen(os.open(str(url.database), os.O_CREAT | os.O_RDWR, 0o600), "rb")
    except OSError as error:
        raise SettingsError(f"the store {url.database} cannot be opened: {error.strerror}") from None
    with file:
        if not _is_free(file.fileno()):
            raise SettingsError(refusal.format(url.database))
        yield


def is_served(settings: Settings) -> bool:
    """Whether a process serves an embedded store; True for any other. To be asked before the store is opened."""
    url = parse(settings.store_url)
    if url.get_backend_name() != "sqlite":
        return True
    try:
        descriptor = os.open(str(url.database), os.O_RDONLY)
    except OSError:
        return True  # whoever opens it now says what is wrong
    try:
        return not _is_free(descriptor, tries=1, is_shared=True)
    finally:
        os.close(descriptor)


def _is_free(descriptor: int, *, tries: int = _LOCK_TRIES, is_shared: bool = False) -> bool:
    try:
        import fcntl  # noqa: PLC0415  not for every platform
    except ImportError:
        return not is_shared
    for left in reversed(range(tries)):
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            if left:
                time.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return True
    return False


def keyring_of(settings: Settings, *, is_new: bool) -> Keyring:
    """The keys of a store; made for a new one. Raises SettingsError where they are missing or faulty."""
    if settings.keys is not None:
        return Keyring.parse(settings.keys.replace(",", "\n"), _VARIABLE)
    if not is_new and not is_there(settings.key_path):
        raise SettingsError(f"the store has keys, but there is no key file {settings.key_path}: put it back")
    return Keyring.open(settings.key_path)


def _place(settings: Settings) -> str:
    return f"the key file {settings.key_path}" if settings.keys is None else _VARIABLE
