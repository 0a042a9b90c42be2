"""The extras of this distribution: which one brings a package that is not installed."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

DISTRIBUTION: Final = "aptic-webhooks"
_OF_AN_EXTRA: Final = re.compile(r"""([\w.-]+)[^;]*;.*\bextra == ["']([\w-]+)["']""")


def advice(error: ModuleNotFoundError) -> str | None:
    """What to install for a module that was not found, in a sentence; None where no extra brings it."""
    package = (error.name or "").partition(".")[0]
    extra = _extras().get(package)
    if extra is None:
        return None
    # A file: the distribution's name alone could be somebody else's in an index.
    wheel = f"aptic_webhooks-{version(DISTRIBUTION)}-py3-none-any.whl"
    return f"the package {package} is not installed; install the wheel with its extra: pip install '{wheel}[{extra}]'"


def _extras() -> dict[str, str]:
    """Each package that an extra brings, with the extra, as the distribution's own metadata says it."""
    try:
        listed = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # run from a folder of sources
        return {}
    found = filter(None, map(_OF_AN_EXTRA.match, listed))
    return {requirement[1].replace("-", "_").lower(): requirement[2] for requirement in found}
