"""What contracts say in words."""

from decimal import Decimal
from typing import Any

import pytest

from engine.contract.words import words_of


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 0], "one of 0, 1"),
        ([10, 9, Decimal("9.50")], "one of 9, 9.50, 10"),
        (["b", "a"], 'one of "a", "b"'),
        (["a", 2, True, 1.5], 'one of true, 1.5, 2, "a"'),
        ([3], "always 3"),
    ],
)
def test_values_are_listed_in_the_order_in_which_people_look_for_them(values: list[Any], words: str) -> None:
    assert words_of({"enum": values}) == words
