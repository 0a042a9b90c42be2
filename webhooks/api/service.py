"""What the parts of a running service share, wired in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from engine.catalogue import Catalogue
from webhooks.composing.at_intake import BodiesAtIntake
from webhooks.example_sends import TestSends
from webhooks.examples import Examples
from webhooks.metrics import Metrics
from webhooks.proxies import Proxies
from webhooks.security.keys import Keyring
from webhooks.security.throttle import Throttle
from webhooks.security.tokens import Tokens
from webhooks.settings import AuthMethod
from webhooks.store.store import Store

_NOTHING: Final[Mapping[str, bytes | None]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Service:
    """The store, the keys and the catalogue of one service; `auth` says which ways to authenticate are on,
    `is_http_allowed` whether anything is delivered to http:// URLs.

    `bodies` makes bodies while events are stored.

    `examples` have for events the body that is sent for the catalogue's example. `promised` gives, for each event with
    a definition, the JSON Schema of its bodies; and the same mapping until that changes.
    """

    store: Store
    keyring: Keyring
    tokens: Tokens
    catalogue: Catalogue
    auth: frozenset[AuthMethod]
    proxies: Proxies
    tests: TestSends
    is_http_allowed: bool = False
    examples: Examples = field(default_factory=Examples)
    promised: Callable[[], Mapping[str, bytes | None]] = lambda: _NOTHING
    throttle: Throttle = field(default_factory=Throttle)
    metrics: Metrics = field(default_factory=Metrics)
    bodies: BodiesAtIntake | None = None
