"""lxml, xmlschema and our explanation give one verdict about thousands of documents, sound and broken."""

import itertools
import random
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from xmlschema import XMLSchema10

from engine.parsing import parse
from engine.resources import definition_schema
from engine.validation.violations import explain

XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMES = (
    "aptic_service_definition", "category", "name", "description", "steps", "query", "argument", "body", "Query",
    "argumnt", "p:query", "xs:element",
)  # fmt: skip
ATTRIBUTES = {
    "name": ("a", " lines ", "_", "1a", "", "a b", "å", "a" * 128, "a" * 129, "a-b", "a&#10;"),
    "result": ("one", "optional", "many", " many&#9;", "Many", "", "none"),
    "output": ("true", "false", " true ", "1", "TRUE", ""),
    "source": ("$secret", "$data.data.x", "", " ", "nonsense"),
    "type": ("string", "int", "guid", "datetimeoffset", "\tdate\n", "integer", "", "INT", "int&#xa0;"),
    "nullable": ("true", "false", "0", "yes", ""),
    "default": ("", " ", "x", "&#10;"),
    "soruce": ("$secret",),
    "xml_lang": ("en",),
    "p_name": ("a",),
}
TEXTS = (
    "", " ", "\n\t", "webhook", " webhook ", "webhok", "x", "x.y-z_1", "-x", "x y", "ledger\npayment", "å",
    "&#10;", "&amp;", "webhook&#xa0;", "\u2003x", "x\x85", "<!-- c -->", "<?p i?>", "<![CDATA[select 1 as a]]>",
    "<![CDATA[ ]]>", "a" * 128, "a" * 129,
)  # fmt: skip
BASE: dict[str, dict[str, str]] = {
    "query": {"name": "a", "result": "one", "output": "true"},
    "argument": {"source": "$secret", "type": "string", "nullable": "true", "default": "1"},
}


def _document(element: str = "", **changes: str) -> str:
    """A sound document, but for other or more attributes of one element. `xml_lang` stands for `xml:lang`."""
    attributes = {
        name: "".join(
            f' {key.replace("_", ":")}="{value}"'
            for key, value in {**BASE.get(name, {}), **(changes if name == element else {})}.items()
        )
        for name in ("category", "name", "steps", "query", "argument", "body")
    }
    return (
        f'<aptic_service_definition xmlns:p="urn:p" xmlns:xs="urn:xs" xmlns:xsi="{XSI}">\n'
        f"<category{attributes['category']}>webhook</category><name{attributes['name']}>x</name>"
        f"<description>d</description><steps{attributes['steps']}>\n<query{attributes['query']}>select ? as a"
        f"<argument{attributes['argument']}></argument></query><query>select 1 as b</query></steps>\n"
        f"<body{attributes['body']}>{{{{ a }}}}</body></aptic_service_definition>"
    )


SOUND = _document()


@cache
def _lxml() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(definition_schema()))


@cache
def _xmlschema() -> XMLSchema10:
    return XMLSchema10(definition_schema().decode(), allow="none")


def _verdict(source: str) -> bool:
    """What all three say of a well-formed document."""
    parsed = parse(source.encode(), "f.xml")
    assert parsed.document is not None, (source, parsed.diagnostics)
    assert parsed.root is not None
    is_valid = bool(_lxml().validate(parsed.document))
    assert _xmlschema().is_valid(parsed.document) == is_valid, source
    findings = list(explain(parsed.root))
    assert (not findings) == is_valid, (source, findings)
    for finding in findings:
        assert finding.rule == "schema"
        assert finding.message.endswith(".")
        assert finding.hint
        lines = source.split("\n")
        assert 1 <= finding.position.line <= len(lines)
        assert 1 <= finding.position.column <= len(lines[finding.position.line - 1]) + 1
    return is_valid


def _attribute(name: str, value: str) -> str:
    return f'{name.replace("_", ":")}="{value}"'


def test_the_sound_document_is_sound() -> None:
    assert _verdict(SOUND)
    assert _verdict(SOUND.replace("<steps>", '<steps xsi:noNamespaceSchemaLocation="http://127.0.0.1:1/x.xsd">'))


def test_every_attribute_value_on_every_element() -> None:
    verdicts = {}
    for element in ("category", "name", "steps", "query", "argument", "body"):
        for attribute, values in ATTRIBUTES.items():
            for value in values:
                verdicts[element, attribute, value] = _verdict(_document(element, **{attribute: value}))
    assert verdicts["query", "result", "many"]
    assert not verdicts["query", "result", " many&#9;"]
    assert not verdicts["argument", "type", "int&#xa0;"]
    assert verdicts["argument", "default", ""]
    assert 20 < sum(verdicts.values()) < len(verdicts) - 100


def test_every_text_in_every_element() -> None:
    elements = ("category", "name", "description", "steps", "query", "argument", "body", "aptic_service_definition")
    verdicts = []
    for element, text, is_instead in itertools.product(elements, TEXTS, (False, True)):
        root = etree.fromstring(SOUND.encode())
        source = etree.tostring(root, encoding="unicode")
        start = source.index(">", source.index(f"<{element}")) + 1
        end = source.index("<", start) if is_instead else start
        verdicts.append(_verdict(source[:start] + text + source[end:]))
    assert 100 < sum(verdicts) < len(verdicts) - 50


@pytest.mark.parametrize("blank", ["\xa0", "\x85", "\u2003", "\u2028", "\u3000"])
def test_blanks_that_xml_does_not_know_are_text(blank: str) -> None:
    """xmlschema takes them for white space where it compares nothing, so only lxml and we are asked."""
    parsed = parse(SOUND.replace("<query", f"{blank}<query", 1).encode(), "f.xml")
    assert not _lxml().validate(parsed.document)
    assert parsed.root is not None
    assert [finding.message for finding in explain(parsed.root)] == ["Text stands directly in <steps>."]
    assert _verdict(SOUND.replace("select 1", f"{blank}select 1"))


def test_every_order_and_number_of_the_parts() -> None:
    parts = {
        "c": "<category>webhook</category>",
        "n": "<name>x</name>",
        "d": "<description/>",
        "s": "<steps><query>select 1 as a</query></steps>",
        "b": "<body/>",
    }
    sound = []
    repeated = (itertools.product(parts, repeat=length) for length in range(5))
    for chosen in itertools.chain(*repeated, itertools.permutations(parts)):
        inside = "".join(parts[part] for part in chosen)
        if _verdict(f"<aptic_service_definition>{inside}</aptic_service_definition>"):
            sound.append("".join(chosen))
    assert sorted(sound) == ["cnds", "cndsb", "cns", "cnsb"]


def test_elements_at_random_places() -> None:
    chooser = random.Random(7)  # noqa: S311  # repeatable, no secret
    sound = 0
    for _ in range(1200):
        source = SOUND
        for _ in range(chooser.randrange(1, 4)):
            places = [index for index, character in enumerate(source) if character == "<" and index > 150]
            place = chooser.choice(places)
            name = chooser.choice(NAMES)
            attribute = chooser.choice(list(ATTRIBUTES))
            value = chooser.choice(ATTRIBUTES[attribute])
            inside = chooser.choice(["/>", f">{chooser.choice(TEXTS)}</{name}>"])
            attributes = chooser.choice(["", f" {_attribute(attribute, value)}"])
            source = source[:place] + f"<{name}{attributes}{inside}" + source[place:]
        if parse(source.encode(), "f.xml").document is not None:
            sound += _verdict(source)
    assert sound >= 3


def _tree(names: st.SearchStrategy[str], texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    attributes = st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), st.integers(0, 20), max_size=4)

    def element(name: str, chosen: dict[str, int], children: list[str], text: str) -> str:
        values = ((key, ATTRIBUTES[key][number % len(ATTRIBUTES[key])]) for key, number in chosen.items())
        return f"<{name}{''.join(f' {_attribute(*pair)}' for pair in values)}>{text}{''.join(children)}</{name}>"

    leaf = st.builds(element, names, attributes, st.just([]), texts)
    return st.recursive(
        leaf, lambda inner: st.builds(element, names, attributes, st.lists(inner, max_size=4), texts), max_leaves=8
    )


@given(_tree(st.sampled_from(NAMES), st.sampled_from(TEXTS)))
@settings(max_examples=examples(150), deadline=None)
def test_any_tree_of_known_names(inside: str) -> None:
    root = f"<aptic_service_definition xmlns:p='urn:p' xmlns:xs='urn:xs'>{inside}</aptic_service_definition>"
    _verdict(root)
    _verdict(SOUND.replace("<steps>", f"<steps>{inside}"))
    _verdict(SOUND.replace("</query>", f"{inside}</query>", 1))


@pytest.mark.parametrize("source", ["<html/>", "<query/>", "<aptic_service_definition xmlns='urn:x'/>"])
def test_another_root_is_refused(source: str) -> None:
    assert not _verdict(source)


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint (Debian package libxml2-utils) is not installed")
def test_xmllint_agrees(tmp_path: Path) -> None:
    schema = tmp_path / "definition.xsd"
    schema.write_bytes(definition_schema())
    faulty = SOUND.replace('type="string"', 'type="text"')
    for number, (source, is_valid) in enumerate([(SOUND, True), (faulty, False)]):
        document = tmp_path / f"{number}.xml"
        document.write_text(source)
        command = ["xmllint", "--noout", "--nonet", "--schema", str(schema), str(document)]
        assert (subprocess.run(command, capture_output=True, check=False).returncode == 0) == is_valid


def test_everything_that_the_schema_declares_is_documented() -> None:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    schema = etree.fromstring(definition_schema())
    declared = list(schema.iter(f"{xs}element", f"{xs}attribute", f"{xs}enumeration"))
    assert len(declared) > 30
    for node in declared:
        documentation = node.find(f"{xs}annotation/{xs}documentation")
        assert documentation is not None, node.attrib
        assert len((documentation.text or "").split()) >= 3, node.attrib


def test_the_schema_names_no_target_namespace() -> None:
    assert etree.fromstring(definition_schema()).get("targetNamespace") is None
