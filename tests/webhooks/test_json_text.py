"""JSON from outside: how deep it may be nested, to the level."""

import pytest

from webhooks.errors import RefusedError
from webhooks.json_text import MAX_DEPTH, read


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_value_lies_in_no_more_levels_than_is_said(opening: str, closing: str) -> None:
    def nested(levels: int) -> bytes:
        return f"{opening * levels}{'[]'}{closing * levels}".encode()

    assert read(nested(MAX_DEPTH)) is not None
    with pytest.raises(RefusedError, match=f"deeper than {MAX_DEPTH} levels"):
        read(nested(MAX_DEPTH + 1))
