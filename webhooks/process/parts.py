"""The parts of a process that serves, for who looks into it."""

from __future__ import annotations

from msgspec import Struct

from engine.catalogue import Catalogue
from webhooks.composing.definitions import Definitions
from webhooks.example_sends import TestSends
from webhooks.examples import Examples
from webhooks.security.keys import Keyring
from webhooks.settings import Settings
from webhooks.store.store import Store


class Parts(Struct, frozen=True, kw_only=True):
    """What a process that serves is made of."""

    store: Store
    keyring: Keyring
    settings: Settings
    catalogue: Catalogue
    definitions: Definitions
    tests: TestSends
    examples: Examples
