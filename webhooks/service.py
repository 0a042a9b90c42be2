"""What the parts of a running service share, wired in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.body import Body
from engine.catalogue import Catalogue
from webhooks.addresses import Proxies
from webhooks.keys import Keyring
from webhooks.metrics import Metrics
from webhooks.sending.interface import Reach, Sender
from webhooks.settings import AuthMethod
from webhooks.store.store import Store
from webhooks.testing import TestSends, make_sender
from webhooks.throttle import Throttle
from webhooks.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Service:
    """The store, the keys and the catalogue of one service; `auth` says which ways to authenticate are on.

    `examples` has for events the body that is sent for the catalogue's example. `opened` is what deliveries of all
    clients may reach; `make_sender` makes what a test is sent by.
    """

    store: Store
    keyring: Keyring
    tokens: Tokens
    catalogue: Catalogue
    auth: frozenset[AuthMethod]
    proxies: Proxies
    examples: Mapping[str, Body] = field(default_factory=dict)
    throttle: Throttle = field(default_factory=Throttle)
    metrics: Metrics = field(default_factory=Metrics)
    opened: Reach = field(default_factory=Reach)
    make_sender: Callable[[], Sender] = make_sender

    @property
    def tests(self) -> TestSends:
        """What sends tests to receivers."""
        return TestSends(self.store, self.keyring, self.opened, self.make_sender)
