"""Checks the definitions and the ledger as a service that starts now would find them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import closing

from sqlalchemy import make_url

from engine.catalogue import Catalogue
from engine.errors import ConfigurationError, EngineError
from engine.execution import open_ledger
from webhooks.composing.definitions import Definitions
from webhooks.doctor.trouble import Trouble
from webhooks.errors import SettingsError
from webhooks.settings import Settings
from webhooks.store import definitions
from webhooks.store.store import Store
from webhooks.wording import counted


def check_definitions(store: Store | None, settings: Settings) -> Iterator[Trouble]:
    """Finds faulty definitions, and events that had a definition and have none now. The latter need the store."""
    remembered = frozenset() if store is None else frozenset(store.read_now(definitions.remembered))
    if settings.definitions is None and remembered:
        yield Trouble(
            "definitions",
            f"{counted(len(remembered), 'event')} had a definition, and no folder of definitions is named",
            "Give the service's own --definitions and --ledger.",
        )
        return
    try:
        with closing(Definitions(Catalogue.load(settings.events), settings.load_options)) as served:
            served.load()
    except SettingsError as error:
        yield Trouble("definitions", error.message, "Mend the setting: the service cannot start with it.")
        return
    events: dict[str, list[str]] = {}
    for event, reason in sorted(served.faults(remembered).items()):
        events.setdefault(reason, []).append(event)
    for reason, held in events.items():
        yield Trouble(
            "definitions",
            f"{', '.join(held)} cannot be composed by a service that starts now: {reason}",
            "One that has a good version goes on with it until it ends; without one, events wait. Where a file is at "
            f"fault, {_validating(settings)} shows the place.",
        )


def _validating(settings: Settings) -> str:
    """The command that finds the faults that the service finds. It shows no password."""
    words = ["validate-definitions", str(settings.definitions)]
    if settings.ledger is not None:
        words += ["--ledger", make_url(settings.ledger).render_as_string(hide_password=True)]
    return shlex.join(words)


def check_ledger(settings: Settings) -> Iterator[Trouble]:
    """Finds a ledger that cannot be reached, a login that may write, and settings that the engine warns of."""
    if settings.ledger is None:
        return
    try:
        with open_ledger(settings.ledger, timeout=settings.query_timeout, require_read_only=False) as ledger:
            with ledger.session():
                pass
            status = ledger.status()
    except ConfigurationError as error:
        yield Trouble("ledger", str(error), "Mend --ledger.")
        return
    except EngineError as error:
        yield Trouble("ledger", error.message, "Until it is back nothing is composed, and no event ages.")
        return
    if status.write_rights:
        yield Trouble(
            "ledger",
            f"the login may do more than read: {', '.join(status.write_rights)}",
            "Give it only what the how-to of its database says; --require-read-only refuses it at the start.",
        )
    for warning in status.warnings:
        yield Trouble("ledger", warning, "See the how-to of its database.")
