"""Where the files of `schemas/` are: in an installed package, in a zip file, or beside the package in a checkout."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.errors import ConfigurationError

DEFINITION_SCHEMA = "aptic-service-definition.xsd"


def schema_folder() -> Traversable:
    """The folder of the XSD, with the event catalogue in its `events`; ConfigurationError where it is missing."""
    package = files("engine")
    candidates = [package / "schemas"]
    if isinstance(package, Path):
        candidates.append(package.parent / "schemas")
    for candidate in candidates:
        if (candidate / DEFINITION_SCHEMA).is_file():
            return candidate
    raise ConfigurationError(
        f"The installation is broken: {DEFINITION_SCHEMA} is neither in {candidates[0]} nor beside the package. "
        "Install aptic-webhooks again."
    )


@cache
def definition_schema() -> bytes:
    """The XSD of service definitions, as shipped; raises ConfigurationError where it is missing."""
    return (schema_folder() / DEFINITION_SCHEMA).read_bytes()
