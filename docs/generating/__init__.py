"""The generated pages of docs/reference, each made from what it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from generating import (
    api,
    commands,
    contracts,
    errors,
    events,
    portability,
    python_api,
    rules,
    service,
    store,
    values,
    xsd,
)

PAGES: Mapping[str, Callable[[], str]] = {
    "api": api.page,
    "commands": commands.page,
    "contracts": contracts.page,
    "errors": errors.page,
    "events": events.page,
    "portability": portability.page,
    "python": python_api.page,
    "rules": rules.page,
    "schema": xsd.page,
    "service": service.page,
    "store": store.page,
    "values": values.page,
}
"""The function that makes each page, by the page's name."""
