"""What may go wrong in the service.

ServiceError
├── SettingsError       the service cannot start as it was told to
├── StoreError          the store cannot be reached or cannot write now
├── BusyError           too many such requests are under way
├── RefusedError        a request that can never work as it is
│   ├── NotFoundError   what it names does not exist, or is another client's
│   └── ConflictError   it contradicts what is there
└── CredentialsError    who asks is not known
    └── ExpiredError    the access token has expired, or is not valid yet
"""

from __future__ import annotations

from msgspec import Struct


class ServiceError(Exception):
    """The root of the service's own errors; `message` says what, where and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SettingsError(ServiceError):
    """An option, a variable or a file that the service needs is wrong; it does not start."""


class StoreError(ServiceError):
    """The store is away or cannot write; nothing was changed, and the same request may work later."""


class BusyError(ServiceError):
    """Too much of what the request asks for is under way; nothing was done, and the same request may work later."""


class Fault(Struct, frozen=True):
    """One fault of a request's body: `pointer` is an RFC 6901 JSON Pointer to it, `detail` a sentence."""

    pointer: str
    detail: str


class RefusedError(ServiceError):
    """The request asks for something that cannot be; `faults` names the members."""

    def __init__(self, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


class NotFoundError(RefusedError):
    """What the request names does not exist, or belongs to another client: the two look the same."""


class ConflictError(RefusedError):
    """The request contradicts what is stored already."""


class CredentialsError(ServiceError):
    """The caller is not known, or what it shows is not valid (any more)."""


class ExpiredError(CredentialsError):
    """The caller's token is genuine, but not valid at this time. It was not guessed, so no throttle counts it."""
