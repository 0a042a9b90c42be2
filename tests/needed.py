"""What a test needs and the machine may lack."""

import os
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skips the test, or fails it in CI, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI it must be there")
    pytest.skip(reason)
