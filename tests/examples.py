"""How many examples a property is tried with."""

import os

_LOCAL_SHARE = 3


def examples(many: int) -> int:
    """`many` in CI, a third of them elsewhere: who changes a line should not wait for what CI looks for."""
    return many if os.environ.get("CI") == "true" else max(many // _LOCAL_SHARE, 20)
