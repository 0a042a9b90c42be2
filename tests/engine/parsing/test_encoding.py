import codecs

import pytest

from engine.parsing import MAX_BYTES, parse

TEMPLATE = (
    "<?xml version='1.0' encoding='{}'?>\n<aptic_service_definition><category>webhook</category>"
    "<name>statuschange</name><steps><query>select 'ÅÄÖ' as a</query></steps></aptic_service_definition>"
)


def _file(declared: str, codec: str, mark: bytes = b"") -> bytes:
    return mark + TEMPLATE.format(declared).encode(codec)


def _sql(content: bytes) -> str:
    parsed = parse(content, "f.xml")
    assert parsed.diagnostics == ()
    assert parsed.definition is not None
    return parsed.definition.steps[0].sql.value


def _only_fault(content: bytes) -> tuple[str, int, int, str, str | None]:
    parsed = parse(content, "f.xml")
    assert parsed.definition is None
    (fault,) = parsed.diagnostics
    assert fault.file == "f.xml"
    return fault.rule, fault.line, fault.column, fault.message, fault.hint


ACCEPTED = [
    _file("UTF-8", "utf-8"),
    _file("utf8", "utf-8"),
    _file("UTF-8", "utf-8", codecs.BOM_UTF8),
    _file("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
    _file("utf-16", "utf-16-be", codecs.BOM_UTF16_BE),
    _file("ISO-8859-1", "latin-1"),
    _file("iso-8859-1", "latin-1"),
    _file("latin1", "latin-1"),
    _file("ISO-8859-15", "iso-8859-15"),
    _file("windows-1252", "cp1252"),
    _file("Windows-1252", "cp1252"),
    _file("cp1252", "cp1252"),
    TEMPLATE.partition("\n")[2].encode(),
    codecs.BOM_UTF8 + TEMPLATE.partition("\n")[2].encode(),
    codecs.BOM_UTF16_LE + TEMPLATE.partition("\n")[2].encode("utf-16-le"),
]


@pytest.mark.parametrize("content", ACCEPTED, ids=range(len(ACCEPTED)))
def test_each_supported_encoding_gives_the_same_sql(content: bytes) -> None:
    assert _sql(content) == "select 'ÅÄÖ' as a"


def test_us_ascii_is_read() -> None:
    assert _sql(TEMPLATE.format("US-ASCII").replace("ÅÄÖ", "AAO").encode("ascii")) == "select 'AAO' as a"


def test_the_currency_sign_differs_between_the_western_encodings() -> None:
    assert _sql(TEMPLATE.format("ISO-8859-15").replace("ÅÄÖ", "€").encode("iso-8859-15")) == "select '€' as a"
    assert _sql(TEMPLATE.format("ISO-8859-1").replace("ÅÄÖ", "\xa4").encode("latin-1")) == "select '\xa4' as a"
    assert _sql(TEMPLATE.format("windows-1252").replace("ÅÄÖ", "€").encode("cp1252")) == "select '€' as a"


@pytest.mark.parametrize(
    "name",
    ["UTF-7", "UTF-32", "Shift_JIS", "GBK", "EUC-JP", "Big5", "IBM037", "ISO-8859-2", "KOI8-R", "", "rot13"],
)
def test_another_declared_encoding_is_refused_and_named(name: str) -> None:
    rule, line, column, message, hint = _only_fault(TEMPLATE.format(name).replace("ÅÄÖ", "x").encode("ascii"))
    assert (rule, line, column) == ("xml-syntax", 1, TEMPLATE.index("{}") + 1)
    assert message == f"The encoding `{name}` is not supported."
    assert hint is not None
    assert "windows-1252" in hint


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (_file("UTF-32", "utf-32-le", codecs.BOM_UTF32_LE), "UTF-32"),
        (_file("UTF-32", "utf-32-be", codecs.BOM_UTF32_BE), "UTF-32"),
        (_file("UTF-16", "utf-16-le"), "UTF-16 without a byte order mark"),
        (_file("UTF-16", "utf-16-be"), "UTF-16 without a byte order mark"),
        (_file("IBM037", "cp037"), "EBCDIC"),
        (_file("UTF-16", "utf-8"), "declares UTF-16"),
        (_file("ISO-8859-1", "utf-8", codecs.BOM_UTF8), "byte order mark of UTF-8 but declares ISO-8859-1"),
        (_file("US-ASCII", "utf-8", codecs.BOM_UTF8), "byte order mark of UTF-8 but declares US-ASCII"),
        (_file("UTF-16", "utf-8", codecs.BOM_UTF8), "byte order mark of UTF-8 but declares UTF-16"),
        (_file("UTF-8", "utf-16-le", codecs.BOM_UTF16_LE), "byte order mark of UTF-16 but declares UTF-8"),
        (
            _file("windows-1252", "utf-16-be", codecs.BOM_UTF16_BE),
            "mark of UTF-16 but declares windows-1252",
        ),
        (_file("EUC-JP", "utf-8", codecs.BOM_UTF8), "`EUC-JP` is not supported"),
        (_file("UTF-8", "utf-8", codecs.BOM_UTF8 * 2), "two byte order marks"),
        (_file("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE * 2), "two byte order marks"),
    ],
)
def test_foreign_and_contradicting_marks_are_refused(content: bytes, named: str) -> None:
    rule, line, _, message, hint = _only_fault(content)
    assert (rule, line) == ("xml-syntax", 1)
    assert named in message
    assert hint


def test_a_byte_that_is_not_utf8_is_named_with_its_place() -> None:
    content = b"<aptic_service_definition>\r\n<name>\xc3\xa5b\xe5</name>"
    rule, line, column, message, hint = _only_fault(content)
    assert (rule, line, column) == ("xml-syntax", 2, 9)
    assert "0xE5" in message
    assert hint is not None
    assert "windows-1252" in hint


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_bytes_without_a_meaning_in_windows_1252_are_refused(byte: int) -> None:
    content = b"<?xml version='1.0' encoding='windows-1252'?>\n<a>" + bytes([byte]) + b"</a>"
    rule, line, column, message, _ = _only_fault(content)
    assert (rule, line, column) == ("xml-syntax", 2, 4)
    assert f"0x{byte:02X}" in message


def test_half_a_utf16_character_is_refused() -> None:
    assert _only_fault(_file("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE)[:-1])[0] == "xml-syntax"
    lone = codecs.BOM_UTF16_LE + "<a>".encode("utf-16-le") + b"\x00\xd8" + "</a>".encode("utf-16-le")
    assert _only_fault(lone)[:3] == ("xml-syntax", 1, 4)


@pytest.mark.parametrize("declared", ["ISO-8859-1", "ISO-8859-15", "windows-1252", "US-ASCII"])
def test_utf8_under_a_single_byte_declaration_is_a_mismatch(declared: str) -> None:
    parsed = parse(TEMPLATE.format(declared).replace("Ö", "").encode(), "f.xml")
    (fault,) = parsed.diagnostics
    assert (fault.rule, fault.line) == ("encoding-mismatch", 2)
    assert fault.column == TEMPLATE.partition("\n")[2].index("Å") + 1
    assert fault.hint == 'Declare encoding="UTF-8".'


@pytest.mark.parametrize(("declared", "is_read"), [("ISO-8859-1", True), ("ISO-8859-15", True), ("US-ASCII", False)])
def test_control_characters_hint_at_windows_1252(declared: str, is_read: bool) -> None:
    content = TEMPLATE.format(declared).replace("ÅÄÖ", "a\x80").encode("latin-1")
    parsed = parse(content, "f.xml")
    (fault,) = parsed.diagnostics
    assert fault.rule == "encoding-mismatch"
    assert "0x80" in fault.message
    assert fault.hint == 'Declare encoding="windows-1252".'
    assert (parsed.definition is not None) == is_read


def test_letters_of_latin_1_are_no_mismatch() -> None:
    assert _sql(TEMPLATE.format("ISO-8859-1").replace("ÅÄÖ", "\xa0ÅÄÖåäöé\xff").encode("latin-1"))


def test_a_letter_outside_us_ascii_is_refused() -> None:
    assert _only_fault(TEMPLATE.format("US-ASCII").encode("latin-1"))[0] == "xml-syntax"


def test_a_declaration_beyond_the_first_kilobyte_is_refused() -> None:
    content = TEMPLATE.replace("encoding", " " * 1100 + "encoding").format("ISO-8859-1").encode("latin-1")
    assert _only_fault(content)[0] == "xml-syntax"
    content = TEMPLATE.replace("encoding", " " * 1100 + "encoding").format("ISO-8859-1").replace("ÅÄÖ", "")
    assert "longer than" in _only_fault(content.encode())[3]


@pytest.mark.parametrize("version", ["1.1", "2.0", "1.00", ""])
def test_only_xml_1_0_is_read(version: str) -> None:
    assert _only_fault(f'<?xml version="{version}"?><a/>'.encode())[0] == "xml-syntax"


def test_an_empty_file_and_a_lone_mark_are_refused() -> None:
    for content in (b"", b"   \n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"\0", b"\0\0\0\0"):
        assert _only_fault(content)[0] == "xml-syntax"


def test_the_greatest_file_is_read_and_one_byte_more_is_not() -> None:
    content = _file("UTF-8", "utf-8")
    filled = content + b" " * (MAX_BYTES - len(content))
    assert _sql(filled)
    rule, *_, message, _hint = _only_fault(filled + b" ")
    assert rule == "xml-syntax"
    assert "1,048,576" in message


def test_the_source_keeps_the_authors_line_ends_and_loses_the_mark() -> None:
    parsed = parse(codecs.BOM_UTF8 + b"<a>\r\nb</a>", "f.xml")
    assert parsed.text == "<a>\r\nb</a>"


def test_what_can_be_shown_of_an_unreadable_file() -> None:
    assert parse(b"<name>\xe5</name>", "f.xml").text == "<name>\ufffd</name>"
    assert parse(b"<?xml version='1.0' encoding='Big5'?>\n<a/>", "f.xml").text == (
        "<?xml version='1.0' encoding='Big5'?>\n<a/>"
    )
    assert parse("<a/>".encode("utf-16-le"), "f.xml").text is None


def test_a_contradiction_is_placed_at_the_name_of_the_encoding() -> None:
    content = codecs.BOM_UTF8 + b"<?xml version='1.0'\n encoding='ISO-8859-1'?><a/>"
    assert _only_fault(content)[:3] == ("xml-syntax", 2, 12)
    content = codecs.BOM_UTF16_LE + "<?xml version='1.0' encoding='UTF-8'?><a/>".encode("utf-16-le")
    assert _only_fault(content)[:3] == ("xml-syntax", 1, 31)
