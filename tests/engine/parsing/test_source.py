import pytest

from engine.model import DataSource, SecretSource, Source, StepSource
from engine.parsing.document import parse_source

UNDERSTOOD: dict[str, Source] = {
    "$secret": SecretSource(),
    "$data.event": DataSource(("event",)),
    "$data.data.paymentid": DataSource(("data", "paymentid")),
    "$data.data.lines[0].amount": DataSource(("data", "lines", 0, "amount")),
    "$data.data.a[12][3].b-c": DataSource(("data", "a", 12, 3, "b-c")),
    "$data.data.åäö": DataSource(("data", "åäö")),
    "$data.data.7": DataSource(("data", "7")),
    "$data.Data": DataSource(("Data",)),
    "$steps.invoice.debtref": StepSource("invoice", "debtref"),
    "$steps.Invoice_2.DebtRef": StepSource("Invoice_2", "DebtRef"),
    "$steps.invoice.paid amount": StepSource("invoice", "paid amount"),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_is_understood(text: str) -> None:
    assert parse_source(text) == UNDERSTOOD[text]


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "secret", "$Secret", "$secret ", " $secret", "$secret.x", "$SECRET", "$data", "$data.", "$data[0]",
        "$data.data..x", "$data.data.x.", "$data.data.x[", "$data.data.x[]", "$data.data.x[-1]", "$data.data.x[01]",
        "$data.data.x[1", "$data.data.x[a]", "$data.data.x[1]y", "$data.[0]", "$data.data.x y", "$data.data.x\n",
        "$data.data.x[9999999999]", "$data.data.x[٣]", "$DATA.data.x", "data.data.x", "$data.data.x;", "$step.a.b",
        "$steps", "$steps.a", "$steps.a.", "$steps..b", "$steps.1a.b", "$steps.a.b.c", "$steps.a. b", "$steps.a.b ",
        "$steps.a.b\n", "$steps.å.b", "${secret}", "{{ secret }}", "@paymentid", "?", "$data.data.x\0",
    ],
)  # fmt: skip
def test_what_is_not(text: str) -> None:
    assert parse_source(text) is None
