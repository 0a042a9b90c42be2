import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from engine.body import Body, DefinitionReference
from engine.errors import BindingError, ConfigurationError, EmptyResultError, LedgerUnavailableError
from engine.model import Skip
from engine.testing.cases import Case, CaseResult, Kind, find_cases, record, run_case
from engine.testing.difference import changed_members

REFERENCE = DefinitionReference("refund", "definitions/refund.xml", "00")
BODY = Body.custom("refund", REFERENCE, (b'{"amount":1.50,"secret":', b"}"))
BYTES = b'{"amount":1.50,"secret":"mySecret"}'
SKIPPED = Body.custom("refund", REFERENCE, Skip("nothing was paid"))


class Composing:
    """Gives one body, or raises one error."""

    def __init__(self, result: Body | Callable[[], Exception]) -> None:
        self.result = result
        self.seen: list[Mapping[str, object]] = []

    def compose(self, event: str, data: Mapping[str, object]) -> Body:
        assert event == "refund"
        self.seen.append(data)
        if isinstance(self.result, Body):
            return self.result
        raise self.result()


@pytest.fixture
def case(tmp_path: Path) -> Case:
    folder = tmp_path / "refund" / "plain"
    folder.mkdir(parents=True)
    (folder / "event.json").write_text(json.dumps({"event": "refund", "data": {"id": "1"}, "secret": "mySecret"}))
    return Case("refund", "plain", folder)


def run(case: Case, result: Body | Callable[[], Exception], **files: bytes) -> CaseResult:
    for name, content in files.items():
        (case.folder / Kind[name]).write_bytes(content)
    return run_case(Composing(result), case)


def test_finds_the_cases_by_event_and_name(tmp_path: Path) -> None:
    for path in ("b/2/event.json", "b/1/event.json", "a/x/event.json", "a/forgotten/body.json", "a/.x/event.json"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "schema.sql").touch()
    (tmp_path / "invalid" / "schema").mkdir(parents=True)
    (tmp_path / "invalid" / "schema" / "a.xml").touch()
    assert [str(case) for case in find_cases(tmp_path)] == ["a/forgotten", "a/x", "b/1", "b/2"]


def test_a_missing_folder_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        find_cases(tmp_path / "none")


def test_the_same_bytes_pass(case: Case) -> None:
    composing = Composing(BODY)
    (case.folder / "body.json").write_bytes(BYTES)
    result = run_case(composing, case)
    assert result.problem is None
    assert not result.may_update
    assert composing.seen == [{"event": "refund", "data": {"id": "1"}}]


def test_other_bytes_fail_with_a_difference(case: Case) -> None:
    result = run(case, BODY, BODY=BYTES.replace(b"1.50", b"1.5"))
    assert result.problem == "The body differs from body.json: amount differs."
    assert result.hint is None
    assert '-  "amount": 1.5,' in result.difference
    assert "mySecret" not in "\n".join(result.difference)
    assert result.may_update


@pytest.mark.parametrize(
    ("expected", "composed", "changed"),
    [
        (b'{"a":1,"b":[{"c":1.0},{"c":2}]}', b'{"a":1,"b":[{"c":1.00},{"c":2}]}', ["b[0].c differs"]),
        (b'{"number":"765","a":1}', b'{"invoice":"765","a":1}', ["number is gone", "invoice is new"]),
        (b'{"a":[1,2,3]}', b'{"a":[1]}', ["a[1] is gone", "a[2] is gone"]),
        (b'{"a":{"b":1}}', b'{"a":[1]}', ["a differs"]),
        (b'{"a":1,"b":2}', b'{"b":2,"a":1}', []),
        (b"no JSON", b'{"a":1}', []),
        (b'{"a":' * 30 + b"1" + b"}" * 30, b'{"a":' * 30 + b"2" + b"}" * 30, [".".join("a" * 20) + " differs"]),
    ],
)
def test_what_became_of_members_is_told(expected: bytes, composed: bytes, changed: list[str]) -> None:
    assert changed_members(expected, composed) == changed


def test_many_members_are_counted_and_what_is_gone_is_a_warning(case: Case) -> None:
    result = run(case, BODY, BODY=b'{"a":1,"b":2,"c":3,"d":4}')
    assert result.problem is not None
    assert result.problem.startswith("The body differs from body.json: a is gone, b is gone, c is gone and ")
    assert result.hint is not None
    assert "--against" in result.hint


def test_a_missing_expectation_fails_with_the_way_out(case: Case) -> None:
    result = run(case, BODY)
    assert result.problem == "body.json is missing."
    assert result.hint == "--update writes body.json."
    assert record(result).problem is None
    assert (case.folder / "body.json").read_bytes() == BYTES
    assert run(case, BODY).problem is None


def test_a_skip_is_expected_by_its_reason(case: Case) -> None:
    assert run(case, SKIPPED).hint == "--update writes skip.txt."
    assert run(case, SKIPPED, SKIP=b"nothing was paid\n").problem is None
    other = run(case, SKIPPED, SKIP=b"another reason")
    assert other.problem == '"another reason" was expected, but: no body, since nothing was paid'
    record(other)
    assert (case.folder / "skip.txt").read_bytes() == b"nothing was paid\n"


def test_an_error_is_expected_by_its_class(case: Case) -> None:
    assert run(case, lambda: EmptyResultError("no row"), ERROR=b"EmptyResultError\n").problem is None
    other = run(case, lambda: BindingError("no id"))
    assert other.problem == '"EmptyResultError" was expected, but: BindingError: no id'
    assert not other.may_update


def test_an_expected_error_must_be_one_of_the_engines(case: Case) -> None:
    for name in (b"EmptyResult", b"ValueError", b"annotations", b""):
        result = run(case, lambda: EmptyResultError("no row"), ERROR=name)
        assert "names no error of the engine" in str(result.problem)


def test_an_error_is_never_recorded(case: Case) -> None:
    result = run(case, lambda: EmptyResultError("no row"))
    assert result.problem == "EmptyResultError: no row"
    assert result.hint == "If that is meant, write EmptyResultError into error.txt."
    assert record(result) is result
    assert sorted(path.name for path in case.folder.iterdir()) == ["event.json"]


@pytest.mark.parametrize(
    ("outcome", "expected", "words"),
    [
        (BODY, "SKIP", "no body, since BindingError was expected, but: a body"),
        (BODY, "ERROR", "BindingError was expected, but: a body"),
        (SKIPPED, "BODY", "a body was expected, but: no body, since nothing was paid"),
        (lambda: EmptyResultError("no row"), "BODY", "a body was expected, but: EmptyResultError: no row"),
    ],
)
def test_another_kind_of_outcome_is_never_overwritten(
    case: Case, outcome: Body | Callable[[], Exception], expected: str, words: str
) -> None:
    result = run(case, outcome, **{expected: b"BindingError"})
    assert result.problem == words
    assert not result.may_update
    assert (result.hint is not None) is isinstance(outcome, Body)


def test_two_expectations_are_one_too_many(case: Case) -> None:
    result = run(case, BODY, BODY=BYTES, SKIP=b"x")
    assert "expects several things at once: body.json, skip.txt" in (result.problem or "")
    assert result.outcome is None


@pytest.mark.parametrize("content", [b"{", b'{"secret":5}', b"\xff"])
def test_a_faulty_message_fails_the_case(case: Case, content: bytes) -> None:
    (case.folder / "event.json").write_bytes(content)
    assert "event.json" in (run(case, BODY, BODY=BYTES).problem or "")


def test_a_missing_message_fails_the_case(case: Case) -> None:
    (case.folder / "event.json").unlink()
    assert "event.json is missing, so body.json belongs to no case" in (run(case, BODY, BODY=BYTES).problem or "")


@pytest.mark.parametrize("error", [LedgerUnavailableError, ConfigurationError])
def test_a_ledger_that_is_not_there_is_not_the_cases_fault(case: Case, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(case, lambda: error("gone"), BODY=BYTES)
