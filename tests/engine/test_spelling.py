import pytest

from engine.spelling import closest, surely


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


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("paymnetid", ("paymentid", "amount"), "paymentid"),
        ("PAYMENT_ID", ("paymentid",), "paymentid"),
        ("amounts", ("Amount",), "Amount"),
        ("amaunt", ("amount",), "amount"),
        ("amount1", ("amount2",), None),  # a digit tells names apart
        ("grossa", ("grossb",), None),  # and so does the last letter
        ("amout", ("amount", "about"), None),  # two are alike
        ("vta", ("vat",), None),  # too short to tell
        ("debit", ("credit",), None),
        ("x" * 500, ("x" * 501,), None),
    ],
)
def test_what_is_surely_meant(name: str, known: tuple[str, ...], meant: str | None) -> None:
    assert surely(name, known) == meant
