"""Files that attackers send to XML parsers: each ends soon, in little memory, and fetches nothing."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import PATIENCE_SECONDS, processor_seconds_below

from engine.parsing import MAX_BYTES, parse

HEAD = "<aptic_service_definition><category>webhook</category><name>x</name><steps><query>"
TAIL = "</query></steps></aptic_service_definition>"
SECONDS = 3.0
"""Of the processor: far above what any of these takes."""

_LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
BOMBS = {
    "billion laughs": f"<!DOCTYPE a [<!ENTITY l0 'lol'>{_LAUGHS}]><a>&l11;</a>",
    "billion laughs in an attribute": f"<!DOCTYPE a [<!ENTITY l0 'lol'>{_LAUGHS}]><a b='&l11;'/>",
    "quadratic blow-up": f"<!DOCTYPE a [<!ENTITY x '{'x' * 50_000}'>]><a>{'&x;' * 50_000}</a>",
    "parameter entities": "<!DOCTYPE a [<!ENTITY % p '<!ENTITY x \"y\">'>%p;]><a>&x;</a>",
    "external entity": "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
    "external parameter entity": "<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;]><a/>",
    "external subset": "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    "public identifier": "<!DOCTYPE a PUBLIC '-//x' 'file:///etc/passwd'><a/>",
    "defaulted attribute": "<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>",
    "notation": "<!DOCTYPE a [<!NOTATION n SYSTEM 'x'>]><a/>",
    "recursive entity": "<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]><a>&x;</a>",
    "doctype with nothing in it": "<!DOCTYPE aptic_service_definition><aptic_service_definition/>",
}


def _rules(content: bytes) -> set[str]:
    with processor_seconds_below(SECONDS):
        parsed = parse(content, "f.xml")
    assert all("root:" not in diagnostic.message for diagnostic in parsed.diagnostics)
    return {diagnostic.rule for diagnostic in parsed.diagnostics}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_entity_bombs_and_external_entities_stop_at_the_doctype(name: str, codec: str) -> None:
    content = BOMBS[name].encode(codec)
    assert _rules(content) == ({"doctype-forbidden"} if len(content) <= MAX_BYTES else {"xml-syntax"})


def test_a_doctype_cannot_hide_in_another_encoding() -> None:
    hidden = "<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE a+AD4APA-a/+AD4-"
    assert _rules(hidden.encode()) == {"xml-syntax"}
    assert _rules(b"+/v8-" + hidden.encode()) == {"xml-syntax"}
    assert _rules("<?xml version='1.0' encoding='IBM037'?><!DOCTYPE a><a/>".encode("cp037")) == {"xml-syntax"}
    assert _rules("<!DOCTYPE a><a/>".encode("utf-32")) == {"xml-syntax"}
    overlong = b"\xc0\xbc!DOCTYPE a><a/>"
    assert _rules(overlong) == {"xml-syntax"}


def _attributes(count: int) -> str:
    return " ".join(f"a{number}=''" for number in range(count))


FLOODS = {
    "deep nesting": "<a>" * 100_000,
    "deep nesting, closed": "<a>" * 140_000 + "</a>" * 140_000,
    "just too deep": "<a>" * 33 + "</a>" * 33,
    "many elements": "<a>" + "<b/>" * 200_000 + "</a>",
    "many attributes": f"<a {_attributes(90_000)}/>",
    "many equal attributes": "<a " + "a='' " * 150_000 + "/>",
    "many attributes in many elements": "<a>" + f"<b {_attributes(32)}/>" * 4_000 + "</a>",
    "many namespaces": "<a " + " ".join(f"xmlns:a{number}='u'" for number in range(40_000)) + "></b>",
    "nested namespaces": "".join(f"<a xmlns:p{number}='u'>" for number in range(40_000)),
    "a huge attribute": "<a b='" + "x" * 1_000_000 + "'/>",
    "a huge attribute of references": "<a b='" + "&#120;" * 160_000 + "'/>",
    "many lines": "<a>" + "\n" * 1_000_000 + "</a>",
    "many references": "<a>" + "&lt;" * 250_000 + "</a>",
    "many sections": "<a>" + "<![CDATA[x]]>" * 70_000 + "</a>",
    "a huge name": "<" + "a" * 1_000_000 + ">",
    "an unclosed tag": "<a " + "b " * 500_000,
    "an unclosed comment": "<a><!--" + "-x" * 500_000,
    "many ampersands": "<a>" + "&" * 1_000_000,
    "many less-than": "<" * 1_000_000,
    "blanks only": " " * 1_000_000,
    "a late fault in one line": "<a>" + "å" * 500_000 + "&</a>",
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_end_soon(name: str) -> None:
    content = FLOODS[name].encode()
    assert _rules(content) == {"xml-syntax"}


def test_a_large_text_in_one_piece_is_fine() -> None:
    filled = f"{HEAD}select '{'x' * 1_000_000}' as a{TAIL}"
    assert _rules(filled.encode()) == set()


def test_many_comments_are_fine() -> None:
    filled = f"{HEAD}select {'<!-- -->x' * 40_000} as a{TAIL}"
    parsed = parse(filled.encode(), "f.xml")
    assert parsed.definition is not None
    assert parsed.definition.steps[0].sql.value == f"select {'x' * 40_000} as a"


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """A port on loopback and the connections that reach it."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                calls.append(str(address))
                connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], calls
        server.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)


def test_nothing_is_fetched(listener: tuple[int, list[str]], tmp_path: Path) -> None:
    from engine.validation import xsd

    port, calls = listener
    address = f"http://127.0.0.1:{port}/x"
    permissive = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='html'/></xs:schema>"
    (tmp_path / "x.xsd").write_text(permissive)
    xsi = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
    sound = HEAD + "select 1 as a" + TAIL
    for location in (address, (tmp_path / "x.xsd").as_uri(), str(tmp_path / "x.xsd")):
        hinted = sound.replace("definition>", f"definition {xsi} xsi:noNamespaceSchemaLocation='{location}'>", 1)
        parsed = parse(hinted.encode(), "f.xml")
        assert parsed.diagnostics == ()
        assert xsd.check(parsed) == []
        html = f"<html {xsi} xsi:noNamespaceSchemaLocation='{location}' xsi:schemaLocation='urn:x {location}'/>"
        assert [finding.rule for finding in xsd.check(parse(html.encode(), "f.xml"))] == ["schema"]
    include = f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{address}' parse='text'/>"
    parsed = parse(f"<?xml-stylesheet href='{address}'?>{HEAD}{include}{TAIL}".encode(), "f.xml")
    assert parsed.definition is not None
    assert parsed.definition.steps[0].sql.value == ""
    assert [finding.rule for finding in xsd.check(parsed)] == ["schema"]
    for doctype in (f"<!DOCTYPE a SYSTEM '{address}'>", f"<!DOCTYPE a [<!ENTITY % p SYSTEM '{address}'>%p;]>"):
        assert _rules(f"{doctype}<a/>".encode()) == {"doctype-forbidden"}
    assert calls == []


GUIDE = (
    "<?xml version='1.0' encoding='{}'?>\r\n<!-- å -->{}<![CDATA[select a -- ü\r from t where b < ?]]>"
    "<argument source=\"$data.data.x\" type='int'/>{}"
)


@pytest.mark.parametrize(
    ("declared", "codec"), [("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("ISO-8859-1", "latin-1")]
)
def test_a_file_cut_at_any_byte_gives_a_diagnostic(declared: str, codec: str) -> None:
    whole = GUIDE.format(declared, HEAD, TAIL).encode(codec)
    assert _rules(whole) == set()
    for length in range(len(whole)):
        parsed = parse(whole[:length], "f.xml")
        assert parsed.definition is None
        assert {diagnostic.rule for diagnostic in parsed.diagnostics} <= {"xml-syntax", "encoding-mismatch"}
        assert len(parsed.diagnostics) >= 1


def test_a_nul_anywhere_gives_a_diagnostic() -> None:
    whole = GUIDE.format("UTF-8", HEAD, TAIL).encode()
    for index in range(0, len(whole), 3):
        assert _rules(whole[:index] + b"\0" + whole[index:]) == {"xml-syntax"}


MEMORY = """
import resource, sys
from engine.parsing import parse
sys.path.insert(0, {folder!r})
import test_xml_attacks as attacks
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for content in (*attacks.BOMBS.values(), *attacks.FLOODS.values()):
    parse(content.encode(), "f.xml")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_the_whole_corpus_needs_little_memory() -> None:
    root = Path(__file__).parents[3]
    script = MEMORY.format(folder=str(Path(__file__).parent))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 120  # MiB beyond the interpreter's own, for files of at most 1 MiB
