from engine.model import Severity
from engine.parsing import parse
from engine.validation import check_folder


def _files(validator, *names: tuple[str, str]):
    return [_parsed(validator.definition(validator.query("select 1 as a"), name=name), file) for file, name in names]


def _parsed(source: str, file: str):
    definition = parse(source.encode(), file).definition
    assert definition is not None
    return definition


def test_each_file_names_the_places_of_the_others(validator) -> None:
    files = _files(validator, ("a.xml", "statuschange"), ("b.xml", "ledgerpayment"), ("c.xml", "statuschange"))
    first, second = check_folder(files)
    assert (first.rule, first.severity, first.file, first.line) == ("duplicate-definition", Severity.ERROR, "a.xml", 1)
    assert "c.xml:1" in first.message
    assert second.file == "c.xml"
    assert "a.xml:1" in second.message


def test_three_of_a_kind(validator) -> None:
    found = check_folder(_files(validator, ("a.xml", "x"), ("b.xml", "x"), ("c.xml", "x")))
    assert [finding.file for finding in found] == ["a.xml", "b.xml", "c.xml"]
    assert "a.xml:1, c.xml:1" in found[1].message


def test_of_many_copies_a_few_are_named(validator) -> None:
    found = check_folder(_files(validator, *((f"{number}.xml", "x") for number in range(9))))
    assert len(found) == 9
    assert found[0].message.endswith("1.xml:1, 2.xml:1, 3.xml:1, 4.xml:1, 5.xml:1 and 3 more.")


def test_different_names_and_categories_are_fine(validator) -> None:
    files = _files(validator, ("a.xml", "x"), ("b.xml", "y"), ("c.xml", "X"))
    other = validator.definition(validator.query("select 1 as a"), name="x").replace("webhook", "callback")
    nameless = validator.definition(validator.query("select 1 as a"), name="")
    files += [_parsed(source, f"{number}.xml") for number, source in enumerate([other, nameless, nameless])]
    assert check_folder(files) == ()
