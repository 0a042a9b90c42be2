import logging

import duckdb
import psycopg
import pytest

from engine.errors import (
    DefinitionUnavailableError,
    EngineError,
    LedgerTimeoutError,
    LedgerUnavailableError,
    QueryError,
)
from engine.execution.faults import Verdict, by_duckdb_class, by_sqlstate, fault, log_text


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("57014", LedgerTimeoutError),
        ("55P03", LedgerTimeoutError),
        ("08006", LedgerUnavailableError),
        ("08001", LedgerUnavailableError),
        ("28P01", LedgerUnavailableError),
        ("3D000", LedgerUnavailableError),
        ("40001", LedgerUnavailableError),
        ("40P01", LedgerUnavailableError),
        ("53300", LedgerUnavailableError),
        ("57P01", LedgerUnavailableError),
        ("57P03", LedgerUnavailableError),
        ("58030", LedgerUnavailableError),
        ("XX000", LedgerUnavailableError),
        ("ZZ999", LedgerUnavailableError),
        ("08P01", DefinitionUnavailableError),
        ("0A000", DefinitionUnavailableError),
        ("25006", DefinitionUnavailableError),
        ("3F000", DefinitionUnavailableError),
        ("42501", DefinitionUnavailableError),
        ("42601", DefinitionUnavailableError),
        ("42703", DefinitionUnavailableError),
        ("42883", DefinitionUnavailableError),
        ("42P01", DefinitionUnavailableError),
        ("21000", QueryError),
        ("22003", QueryError),
        ("22008", QueryError),
        ("22012", QueryError),
        ("22P02", QueryError),
        ("P0001", QueryError),
    ],
)
def test_a_sqlstate_becomes_the_error_that_says_what_to_do(code: str, kind: type[EngineError]) -> None:
    error = fault(by_sqlstate(code), code)
    assert type(error) is kind
    assert code in str(error)
    assert getattr(error, "code", code) == code


def test_every_code_that_psycopg_knows_has_a_verdict() -> None:
    kinds = [kind for kind in vars(psycopg.errors).values() if isinstance(kind, type)]
    codes = {code for kind in kinds if isinstance(code := getattr(kind, "sqlstate", None), str)}
    verdicts = {code: by_sqlstate(code) for code in codes}
    assert len(verdicts) > 200
    assert all(verdict is Verdict.DATA for code, verdict in verdicts.items() if code.startswith("22"))
    assert all(verdict is Verdict.UNAVAILABLE for code, verdict in verdicts.items() if code[:2] in ("53", "58", "XX"))


def test_every_exception_of_duckdb_has_a_considered_verdict() -> None:
    names = {name for name in dir(duckdb) if name.endswith("Exception")}
    unavailable = {name for name in names if by_duckdb_class(name) is Verdict.UNAVAILABLE}
    assert unavailable == {
        "ConnectionException",
        "FatalException",
        "HTTPException",
        "IOException",
        "InternalException",
        "OutOfMemoryException",
        "ResourceInUseException",
        "SerializationException",
        "TransactionException",
    }


def logged(caplog: pytest.LogCaptureFixture, verdict: Verdict, text: str, *values: object) -> str:
    with caplog.at_level(logging.DEBUG, "engine.execution"):
        log_text(verdict, "22P02", text, values)
    return caplog.messages[-1]


def test_the_text_is_for_the_debug_level_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "engine.execution"):
        log_text(Verdict.DATA, "22P02", "invalid input syntax", ())
    assert not caplog.records


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ('invalid input syntax for type integer: "CANARY"', ("CANARY",), "invalid input syntax for type integer: …"),
        ('invalid input syntax for type integer: "of a row"', (), "invalid input syntax for type integer: …"),
        ("Could not convert string 'it's CANARY' to INT32", ("it's CANARY",), "Could not convert string … to INT…"),
        ("Overflow in addition of INT64 (9223372036854775807 + 1)!", (1,), "Overflow in addition of INT… (… + …)!"),
        ("debtor Canary must pay", ("CANARY", None, ""), "debtor … must pay"),
        ("a value at all", ("a",), "… value at all"),
        ("a" * 5000, ("a" * 4000 + "b",), "…"),
    ],
)
def test_values_are_taken_out_of_the_text(
    caplog: pytest.LogCaptureFixture, text: str, values: tuple[object, ...], expected: str
) -> None:
    assert logged(caplog, Verdict.DATA, text, *values) == f"the ledger answered 22P02: {expected}"


def test_names_stay_in_the_text_of_what_is_refused_whatever_the_data(caplog: pytest.LogCaptureFixture) -> None:
    text = logged(caplog, Verdict.REFUSED, 'column "debtref" does not exist', "CANARY")
    assert text.endswith('column "debtref" does not exist')
