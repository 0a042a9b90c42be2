import pytest

from engine.spelling import closest


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("paymentids", ["ledgeraccountid", "paymentid"], "paymentid"),
        ("PaymentID", ["ledgeraccountid", "PAYMENTID"], "PAYMENTID"),
        ("status", ["paymentid"], None),
        ("x", [], None),
        ("a" * 128, ["a" * 127], "a" * 127),
        ("a" * 129, ["a" * 128], None),
    ],
)
def test_the_closest_name_is_found_as_it_is_spelled(name: str, known: list[str], meant: str | None) -> None:
    assert closest(name, known) == meant


def test_how_alike_a_name_must_be_may_be_said() -> None:
    assert closest("abxx", ["abcd"]) is None
    assert closest("abxx", ["abcd"], 0.5) == "abcd"
    assert closest("abcx", ["abcd"], 1) is None
