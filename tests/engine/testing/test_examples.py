from pathlib import Path

from engine.body import Body, DefinitionReference
from engine.testing.cases import Case, CaseResult, Kind, Outcome
from engine.testing.examples import examples


def result(name: str, kind: Kind, amount: bytes = b"1", file: str = "definitions/refund.xml") -> CaseResult:
    body = Body.custom(
        "refund", DefinitionReference("refund", file, "00"), (b'{"amount":' + amount + b',"secret":', b"}")
    )
    return CaseResult(Case("refund", name, Path(name)), Outcome(kind, b"", body))


def test_the_first_body_by_name_is_the_example() -> None:
    found = examples(
        [result("c", Kind.BODY, b"3"), result("b", Kind.BODY, b"2"), result("a", Kind.SKIP)], Path("definitions")
    )
    assert [example.path for example in found] == [Path("definitions/refund.example.json")]
    body = Body.load(found[0].text)
    assert body.fill("s") == b'{"amount":2,"secret":"s"}'
    assert body.event == "refund"


def test_an_event_without_a_body_has_no_example() -> None:
    case = Case("refund", "a", Path("a"))
    results = [CaseResult(case, None, "broken"), CaseResult(case, Outcome(Kind.ERROR, b"QueryError"))]
    assert examples(results, Path("definitions")) == []


def test_the_definitions_file_does_not_depend_on_the_working_directory(tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    (example,) = examples([result("a", Kind.BODY, file=str(folder / "refunds" / "refund.xml"))], folder)
    reference = Body.load(example.text).definition
    assert reference is not None
    assert reference.file == "refunds/refund.xml"


def test_a_default_body_has_no_definition_to_name(tmp_path: Path) -> None:
    case = Case("statuschange", "a", tmp_path)
    body = Body("statuschange", None, (b'{"status":"PAID"}',))
    (example,) = examples([CaseResult(case, Outcome(Kind.BODY, b"", body))], tmp_path)
    assert Body.load(example.text) == body


def test_is_current_after_writing_and_not_after_a_change(tmp_path: Path) -> None:
    (example,) = examples([result("a", Kind.BODY)], tmp_path)
    assert not example.is_current()
    example.write()
    assert example.is_current()
    assert example.path.read_bytes().endswith(b"}\n")
    example.path.write_bytes(b"\xff")
    assert not example.is_current()
