"""No bytes give anything but a definition or diagnostics, and both XML parsers see the same document."""

from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.model import Element, ParsedFile, Severity
from engine.parsing import parse

GUIDE = """<?xml version="1.0" encoding="UTF-8"?>
<aptic_service_definition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="x.xsd">
  <category>webhook</category><name>statuschange</name><description>Å &amp; Ö</description>
  <steps><query name="a" result='many' output="false"><![CDATA[select a, ? as [secret] from t where b < ?]]>
    <!-- ? --><argument source="$secret" type="string"/><?x y?>
    <argument source="$data.data.x[0].y" type="int" default="1" nullable="true"/></query></steps>
  <body>{"a": {{ a }}}</body>
</aptic_service_definition>
"""
PIECES = (
    "<", ">", "</", "/>", "<!--", "-->", "--", "<![CDATA[", "]]>", "&", "&lt;", "&#10;", "&#x1F4B6;", "&x;", "<?", "?>",
    "<!DOCTYPE a>", "<query>", "</query>", "<argument/>", "<aptic_service_definition>", "</aptic_service_definition>",
    "xmlns='u'", "xmlns:p='u'", "p:", "='", '="', "'", '"', " ", "\n", "\r\n", "\r", "\t", "\0", "\x85", "\u2028", "å",
    "\U0001f4b6", "\ufeff", "\ufffe", "xml:id='1'", "xsi:type='xs:string'", "$secret", "?", "webhook", "a",
)  # fmt: skip
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "ascii", "cp037")
DECLARED = ("UTF-8", "utf8", "UTF-16", "ISO-8859-1", "ISO-8859-15", "windows-1252", "US-ASCII", "UTF-7", "Big5")


def _holds(parsed: ParsedFile) -> None:
    errors = [found for found in parsed.diagnostics if found.severity is Severity.ERROR]
    assert all(found.line >= 1 and found.column >= 1 and found.message for found in errors)
    if parsed.root is None:
        assert errors
        assert parsed.definition is None
        assert parsed.document is None
        return
    assert {found.rule for found in errors} <= {"encoding-mismatch"}
    assert isinstance(parsed.document, etree._Element)
    _same(parsed.root, parsed.document)
    if parsed.definition is None:
        assert parsed.root.tag != "aptic_service_definition"


def _same(ours: Element, theirs: etree._Element) -> None:
    """The element as expat read it is the one that lxml read."""
    assert theirs.tag.lstrip("{") == ours.tag
    assert {name.lstrip("{"): value for name, value in theirs.attrib.items()} == ours.attributes
    children = list(theirs)
    texts = [theirs.text, *(child.tail for child in children)]
    assert "".join(text or "" for text in texts) == ours.text.value
    assert len(theirs.text or "") == ours.head
    assert len(children) == len(ours.children)
    offsets = [mark.offset for mark in ours.text.marks]
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    for child, element in zip(ours.children, children, strict=True):
        _same(child, element)


@given(st.binary(max_size=400))
@settings(max_examples=examples(400), deadline=None)
def test_any_bytes(content: bytes) -> None:
    _holds(parse(content, "f.xml"))


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(CODECS), st.sampled_from(DECLARED))
@settings(max_examples=examples(600), deadline=None)
def test_any_pieces_of_xml_in_any_encoding(pieces: list[str], codec: str, declared: str) -> None:
    inside = "".join(pieces)
    for text in (inside, f"<a>{inside}</a>", f"<?xml version='1.0' encoding='{declared}'?><a {inside}></a>"):
        _holds(parse(text.encode(codec, errors="ignore"), "f.xml"))


@given(
    st.lists(
        st.tuples(st.integers(0, len(GUIDE)), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=4
    ),
    st.sampled_from(CODECS),
    st.sampled_from(DECLARED),
)
@settings(max_examples=examples(600), deadline=None)
def test_a_sound_file_changed_at_random(changes: list[tuple[int, int, str]], codec: str, declared: str) -> None:
    text = GUIDE
    for index, length, piece in changes:
        text = text[:index] + piece + text[index + length :]
    _holds(parse(text.replace("UTF-8", declared, 1).encode(codec, errors="ignore"), "f.xml"))


@given(st.integers(0, len(GUIDE)), st.binary(min_size=1, max_size=6), st.integers(0, 6), st.sampled_from(CODECS))
@settings(max_examples=examples(600), deadline=None)
def test_a_sound_files_bytes_changed_at_random(index: int, put: bytes, length: int, codec: str) -> None:
    content = GUIDE.encode(codec, errors="replace")
    _holds(parse(content[:index] + put + content[index + length :], "f.xml"))


def test_the_sound_file_is_sound() -> None:
    parsed = parse(GUIDE.encode(), "f.xml")
    assert parsed.definition is not None
    _holds(parsed)
