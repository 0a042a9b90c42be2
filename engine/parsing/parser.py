"""The order of the parsing stage: size, encoding, expat with positions, lxml for the XSD, the definition."""

from __future__ import annotations

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no type hints

from engine.model import Diagnostic, ParsedFile, Position
from engine.parsing.document import build
from engine.parsing.encoding import decode
from engine.parsing.fault import START, XmlFault
from engine.parsing.reader import read

MAX_BYTES = 1_048_576
"""The greatest size of a definition's file."""


def parse(content: bytes, file: str) -> ParsedFile:
    """What the bytes of `file` hold; never raises, and never opens a file or a connection.

    Violations of the XSD are not looked for here: a file with another root element has neither definition nor
    diagnostics. With a definition there may be a diagnostic of `encoding-mismatch`.
    """
    if len(content) > MAX_BYTES:
        fault = XmlFault("xml-syntax", START, f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} are read.")
        return _failed(file, None, fault.diagnostic(file))
    decoded = decode(content)
    mismatch = (decoded.fault.diagnostic(file),) if decoded.fault else ()
    if decoded.utf8 is None:
        return _failed(file, decoded.text, *mismatch)
    found = read(decoded.utf8, decoded.declared)
    if isinstance(found, XmlFault):
        return _failed(file, decoded.text, *mismatch, found.diagnostic(file))
    document = _lxml_root(decoded.utf8)
    if isinstance(document, XmlFault):
        return _failed(file, decoded.text, *mismatch, document.diagnostic(file))
    definition = build(found.root, file, content)
    return ParsedFile(file, document, definition, mismatch, decoded.text, found.root, found.comments)


def _failed(file: str, text: str | None, *diagnostics: Diagnostic) -> ParsedFile:
    return ParsedFile(file, None, None, diagnostics, text)


def _lxml_root(utf8: bytes) -> object:
    """lxml's element tree of a text that expat accepted; lxml refuses a little more, such as namespaces without sense.

    Comments and processing instructions are left out, so that text is in one piece. The parser is made anew each
    time: lxml's are not for several threads at once.
    """
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(utf8, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = str(error.msg).partition(", line ")[0]
        position = Position(max(line, 1), max(column, 1))
        return XmlFault("xml-syntax", position, f"This is not well-formed XML: {reason}.")
