"""Where the shipped schemas lie."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.errors import ConfigurationError


@cache
def schema_folder() -> Path:
    """The folder with the XSD and the event catalogue: inside the package in a wheel, beside it in a checkout.

    Raises ConfigurationError where neither exists, since then the installation is broken.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "events").is_dir():
            return folder
    raise ConfigurationError(
        "The engine's schemas are missing from the installation; install the package again.", file=str(package)
    )
