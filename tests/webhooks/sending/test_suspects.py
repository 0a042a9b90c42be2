from webhooks.sending.suspects import SECONDS, Suspects


def test_one_that_was_there_once_is_free_as_soon_as_it_ends_as_usual() -> None:
    suspects = Suspects()
    suspects.add(["a", "a", "b"], is_known=False)
    suspects.clear("a")
    assert ("a" in suspects, "b" in suspects) == (False, True)


def test_one_that_was_there_twice_is_not() -> None:
    suspects = Suspects()
    suspects.add(["a"], is_known=False)
    suspects.clear("a")
    suspects.add(["a"], is_known=False)
    suspects.clear("a")
    assert "a" in suspects


def test_one_that_is_known_is_not_nor_forgotten_before_its_time() -> None:
    at = [0.0]
    suspects = Suspects(lambda: at[0])
    suspects.add(["a"], is_known=True)
    suspects.clear("a")
    at[0] = SECONDS
    assert "a" in suspects
    at[0] += 1
    assert "a" not in suspects


def test_the_oldest_is_forgotten_where_there_are_too_many() -> None:
    suspects = Suspects()
    for number in range(5000):
        suspects.add([str(number)], is_known=False)
    assert ("0" in suspects, "4999" in suspects) == (False, True)
