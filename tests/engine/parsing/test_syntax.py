"""What an author is told about a file that is not well-formed: the place, the cause, the way out."""

import time

import pytest

from engine.parsing import parse

CDATA = "CDATA"
CASES = {
    "<a>x < b</a>": (1, 6, "A < that begins no tag", CDATA),
    "<a>\nx <= b</a>": (2, 3, "A < that begins no tag", CDATA),
    "<a>x <b and c</a>": (1, 13, "malformed", CDATA),
    "<a>x <b</a>": (1, 8, "tag", CDATA),
    "<a>å & b</a>": (1, 6, "An & that begins no entity", CDATA),
    "<a>x &b</a>": (1, 6, "An & that begins no entity", CDATA),
    "<a b='&'/>": (1, 7, "An & that begins no entity", CDATA),
    "<a b='<'/>": (1, 7, "A < stands within a tag", "&lt;"),
    "<a>&nbsp;</a>": (1, 4, "&nbsp; is none of the five", "character itself"),
    "<a>&foo;</a>": (1, 4, "&foo; is none of the five", "character itself"),
    "<a>\n<b>\n</a>": (3, 1, "</a> stands where </b> must: <b> of line 2", "</b>"),
    "<a></a></b>": (1, 8, "</b> closes nothing", "Remove"),
    "</b>": (1, 1, "</b> closes nothing", "Remove"),
    "<a>\n<b>": (2, 4, "<b> of line 2 is not closed", "Add </b>."),
    "": (1, 1, "no XML element", "root element"),
    "<!-- only -->\n": (2, 1, "no XML element", "root element"),
    "<a b='1' b='2'/>": (1, 10, "attribute `b` stands twice", "Remove one"),
    "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>": (1, 1, "stands twice", "Remove one"),
    "<a p:b='1'/>": (1, 1, "prefix in this tag is not declared", "xmlns:xsi"),
    "<p:a/>": (1, 1, "prefix in this tag is not declared", "xmlns:xsi"),
    "<a/><b/>": (1, 5, "follows the end of the root element", "one definition"),
    "\n\nselect 1": (3, 1, "does not begin with an XML element", "before"),
    "x<a/>": (1, 1, "does not begin with an XML element", "before"),
    "\n<?xml version='1.0'?><a/>": (2, 1, "XML declaration is not at the very start", "blanks"),
    "<?xml version='1.0' standalone='maybe'?><a/>": (1, 33, "XML declaration is malformed", "<?xml"),
    "<a>\x01</a>": (1, 4, "U+0001 is not allowed", "Remove"),
    "<a>\0</a>": (1, 4, "U+0000 is not allowed", "Remove"),
    "<a>\ufffe</a>": (1, 4, "U+FFFE is not allowed", "Remove"),
    "<a>&#0;</a>": (1, 4, "names no character", None),
    "<a>&#xD800;</a>": (1, 4, "names no character", None),
    "<a>\n <![CDATA[ x </a>": (2, 2, "CDATA section that begins here does not end", "]]>"),
    "<a>\n<![CDATA[ x </a>\n<a><![CDATA[ y </a>": (2, 1, "CDATA section that begins here does not end", "]]>"),
    "<a><![CDATA[x]]><![CDATA[y</a><![CDATA[": (1, 17, "CDATA section that begins here does not end", "]]>"),
    "<a>\n<b><![CDATA[x</b>\n<c><![CDATA[y]]></c>\n</a>": (3, 4, "begins in line 2 is not closed before this", "]]>"),
    "<a><![CDATA[x]]><query><![CDATA[y\n<argument a='1'/></query><b>]]></a>": (2, 1, "begins in line 1", "]]>"),
    "<a><query><![CDATA[y</query><body><![CDATA[z]]></body></a>": (1, 21, "begins in line 1", "]]>"),
    "<a><!-- <![CDATA[ --><b><![CDATA[y]]></a>": (1, 38, "</a> stands where </b> must", "</b>"),
    "<a><b><![CDATA[y]]></a>": (1, 20, "</a> stands where </b> must", "</b>"),
    "<a>\n<qery>x\n</query></a>": (2, 1, "<qery> is unknown, and </query> of line 3 ends it", "mean <query>?"),
    "<a><Query>x</query></a>": (1, 4, "<Query> is unknown", "Did you mean <query>?"),
    "<a><step><query/></steps></a>": (1, 4, "<step> is unknown", "Did you mean <steps>?"),
    "<a><query>x</qery></a>": (1, 12, "</qery> stands where </query> must", "Write </query>"),
    "<a><steps>x</query></a>": (1, 12, "</query> stands where </steps> must", "Write </steps>"),
    "<a><zzz>x</query></a>": (1, 10, "</query> stands where </zzz> must", "Write </zzz>"),
    **{
        f"<a>{begin}x]]></a>": (1, 4, "This begins no CDATA section", "<![CDATA[ in capitals")
        for begin in ("<![cdata[", "<![CDATA [", "<! [CDATA[", "<[CDATA[", "<!CDATA[", "<![CDATA(", "<![ CDATA[")
    },
    "<a><!-- select -- all --></a>": (1, 18, "Two hyphens", "--"),
    "<a><!-- ": (1, 4, "comment that begins here does not end", "-->"),
    "<a><?pi ": (1, 4, "processing instruction that begins here", "?>"),
    "<a><b c='1'": (1, 4, "tag that begins here does not end", ">"),
    "<a>]]></a>": (1, 4, "]]> stands outside", "]]&gt;"),
    "<a b=1/>": (1, 6, "malformed", 'name="value"'),
    "<a b='1'c='2'/>": (1, 9, "malformed", 'name="value"'),
    "<a b/>": (1, 5, "malformed", 'name="value"'),
    "<a:b:c xmlns:a='x'/>": (1, 5, "malformed", None),
    "<a xmlns:x=''/>": (1, 1, "must not undeclare prefix", None),
}


@pytest.mark.parametrize("source", CASES, ids=repr)
def test_the_place_the_cause_and_the_way_out(source: str) -> None:
    line, column, message, hint = CASES[source]
    parsed = parse(source.encode(), "f.xml")
    (fault,) = parsed.diagnostics
    assert (fault.rule, fault.line, fault.column) == ("xml-syntax", line, column)
    assert message in fault.message
    assert hint is None or (fault.hint is not None and hint in fault.hint)
    assert parsed.definition is None
    assert parsed.text == source


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("<!DOCTYPE a><a/>", 1, 1),
        ("\r\n <!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 2, 2),
        ("<?xml version='1.0'?>\n<!-- <!DOCTYPE b> -->\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", 3, 1),
        ("<!DOCTYPE a PUBLIC '-//W3C//DTD' 'http://127.0.0.1/x.dtd'><a/>", 1, 1),
        ("<!DOCTYPE", 1, 1),
        ("<!DOCTYPE a [", 1, 1),
    ],
)
def test_a_doctype_is_refused_at_its_place(source: str, line: int, column: int) -> None:
    (fault,) = parse(source.encode(), "f.xml").diagnostics
    assert (fault.rule, fault.line, fault.column) == ("doctype-forbidden", line, column)


def test_faults_are_placed_in_every_encoding() -> None:
    source = "<?xml version='1.0' encoding='{}'?>\r\n<a>ÅÄÖ\rö & </a>"
    for name, codec in (("UTF-8", "utf-8"), ("UTF-8", "utf-8-sig"), ("ISO-8859-1", "latin-1"), ("UTF-16", "utf-16")):
        (fault,) = parse(source.format(name).encode(codec), "f.xml").diagnostics
        assert (fault.rule, fault.line, fault.column) == ("xml-syntax", 3, 3)


@pytest.mark.parametrize(("source", "message"), [("<a xml:id='1 2'/>", "xml:id"), ("<a xmlns='::b c'/>", "valid URI")])
def test_what_only_lxml_refuses_is_placed_by_its_line(source: str, message: str) -> None:
    (fault,) = parse(f"\n{source}".encode(), "f.xml").diagnostics
    assert (fault.rule, fault.line) == ("xml-syntax", 2)
    assert message in fault.message
    assert ", line" not in fault.message


@pytest.mark.parametrize("rest", ["<" + " " * 3000 + "x", "<" + " " * 3000 + "![" + " " * 3000])
def test_blanks_where_a_tag_should_be_take_no_long_time(rest: str) -> None:
    started = time.process_time()
    assert parse(f"<a>{rest}</a>".encode(), "f.xml").diagnostics
    assert time.process_time() - started < 2.0  # to share them out among three places took minutes
