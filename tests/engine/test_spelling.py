import pytest

from engine.spelling import closest, known_hint, surely


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


def test_a_few_names_are_listed_as_they_stand() -> None:
    assert known_hint("x", []) is None
    assert known_hint("total", ["id", "name", "id"]) == "Known are id, name."


def test_of_many_names_the_nearest_are_listed() -> None:
    known = [*(f"c{number}" for number in range(300)), "AmountPaid", "PaidOn"]
    hint = known_hint("paidamt", known)
    assert hint is not None
    assert hint.startswith("Known are PaidOn, AmountPaid, c")
    assert hint.endswith(" and 290 more.")
    assert hint.count(",") == 11


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
