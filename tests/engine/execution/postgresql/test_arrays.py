"""What of a batch goes to PostgreSQL as arrays, and comes back as rows of many lists."""

from engine.execution.postgresql.arrays import by_list


def test_each_row_goes_to_the_list_whose_number_it_ends_with() -> None:
    rows = [("a", 1), ("b", 3), ("c", 3), ("d", 1)]
    assert by_list(rows, 3) == [[("a",), ("d",)], [], [("b",), ("c",)]]
