"""From a file's bytes to text: a byte order mark, else the XML declaration, names one of a short list of encodings.

The names are those of the definition language (section 1), case aside, and the spellings that people write for the
same encodings. One decoding here feeds both XML parsers, which else disagree on names and byte order marks.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.model import Position
from engine.parsing.fault import START, XmlFault, advance

_NAMES = {
    "UTF-8": ("utf-8", "utf8"),
    "UTF-16": ("utf-16", "utf16"),
    "US-ASCII": ("us-ascii", "ascii"),
    "ISO-8859-1": ("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1"),
    "ISO-8859-15": ("iso-8859-15", "iso8859-15", "iso_8859-15", "latin9", "latin-9"),
    "windows-1252": ("windows-1252", "cp1252", "cp-1252"),
}
_BY_NAME = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_SINGLE_BYTE = frozenset({"US-ASCII", "ISO-8859-1", "ISO-8859-15", "windows-1252"})
_C1_IS_CONTROL = frozenset({"US-ASCII", "ISO-8859-1", "ISO-8859-15"})
_SUPPORTED = "Supported are UTF-8, UTF-16 with a byte order mark, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252."

_FOREIGN_MARKS = (  # longest first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (b"\x4c\x6f\xa7\x94", "EBCDIC"),
)
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UNMARKED_UTF16 = (b"<\0", b"\0<")

_DECLARATION_LENGTH = 1024
_DECLARED = re.compile(
    r"<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:\"[^\"<]*\"|'[^'<]*')"
    r"[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:\"([^\"<]*)\"|'([^'<]*)')"
)
_C1 = re.compile(rb"[\x80-\x9f]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text` is without a byte order mark; `utf8` is the same text, or None where the bytes cannot be read.

    Where they cannot, `text` is what can be shown of them, with U+FFFD for the rest, and None where nothing can.
    `mark` and the text in `codec` are the bytes again, where these can be read.
    """

    text: str | None
    utf8: bytes | None
    declared: str | None
    fault: XmlFault | None
    codec: str = ""
    mark: bytes = b""


@dataclass(frozen=True, slots=True)
class _Declaration:
    name: str
    before: str

    @property
    def position(self) -> Position:
        """Where the declaration begins."""
        return advance(START, self.before)


def decode(content: bytes) -> Decoded:
    """The text of a file; never raises. A fault beside `utf8` is the rule `encoding-mismatch`."""
    for mark, name in _FOREIGN_MARKS:
        if content.startswith(mark):
            return _refused(f"The file is {name}.", f"Save it as UTF-8. {_SUPPORTED}")
    if content[:2] in _UTF16_MARKS:
        return replace(_marked(content[2:], "UTF-16", _UTF16_MARKS[content[:2]]), mark=content[:2])
    if content[:2] in _UNMARKED_UTF16:
        return _refused("The file is UTF-16 without a byte order mark.", "Save it with the mark, or as UTF-8.")
    if content.startswith(codecs.BOM_UTF8):
        return replace(_marked(content[3:], "UTF-8", "utf-8"), mark=content[:3])
    return _unmarked(content)


def edited(content: bytes, edit: Callable[[str], str]) -> bytes | None:
    """The content with its text edited, in its own encoding, and every other byte as it is.

    None where the content cannot be read, or its encoding lacks a character of the new text.
    """
    decoded = decode(content)
    if decoded.text is None or decoded.utf8 is None:
        return None
    try:
        if decoded.mark + decoded.text.encode(decoded.codec) != content:
            return None
        return decoded.mark + edit(decoded.text).encode(decoded.codec)
    except UnicodeEncodeError:
        return None


def encode(text: str) -> bytes:
    """The bytes that an editor stores for `text`: in the encoding that it declares where that has all its characters.

    Otherwise they are UTF-8, as most editors then store them. What no encoding has becomes U+FFFD. Never raises.
    """
    text = _LONE_SURROGATE.sub("\ufffd", text)
    declaration = _declaration(text[:_DECLARATION_LENGTH])
    name = _BY_NAME.get(declaration.name.lower(), "UTF-8") if declaration else "UTF-8"
    try:
        return text.removeprefix("\ufeff").encode(name) if name == "UTF-16" else text.encode(name)
    except UnicodeEncodeError:
        return text.encode()


def _unmarked(content: bytes) -> Decoded:
    declaration = _declaration(content[:_DECLARATION_LENGTH].decode("latin-1"))
    if declaration is None:
        return _decode(content, "UTF-8", "UTF-8", None)
    name = _BY_NAME.get(declaration.name.lower())
    if name is None:
        return _unknown(declaration, content.decode(errors="replace"))
    if name == "UTF-16":
        message, hint = "The file declares UTF-16 but is not stored as UTF-16.", 'Declare encoding="UTF-8".'
        return _refused(message, hint, declaration.position, content.decode(errors="replace"))
    return _decode(content, name, name, declaration.name)


def _marked(content: bytes, name: str, codec: str) -> Decoded:
    """After a byte order mark, which says `name`, the declaration must not say otherwise."""
    decoded = _decode(content, name, codec, None)
    text = decoded.text or ""
    declaration = _declaration(text[:_DECLARATION_LENGTH])
    if decoded.utf8 is None:
        return decoded
    if text.startswith("\ufeff"):
        return _refused("The file begins with two byte order marks.", "Remove one, or save the file as UTF-8 again.")
    if declaration is None:
        return decoded
    declared = _BY_NAME.get(declaration.name.lower())
    if declared is None:
        return _unknown(declaration, text)
    if declared != name:
        message = f"The file begins with the byte order mark of {name} but declares {declaration.name}."
        return _refused(message, f'Declare encoding="{name}".', declaration.position, text)
    return replace(decoded, declared=declaration.name)


def _decode(content: bytes, name: str, codec: str, declared: str | None) -> Decoded:
    mismatch = _mismatch(content, name) if name in _SINGLE_BYTE else None
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        fault = mismatch or _undecodable(content, name, codec, error.start, is_declared=declared is not None)
        return Decoded(content.decode(codec, errors="replace"), None, declared, fault)
    return Decoded(text, content if name == "UTF-8" else text.encode(), declared, mismatch, codec)


def _declaration(head: str) -> _Declaration | None:
    found = _DECLARED.match(head)
    if found is None:
        return None
    group = 1 if found[1] is not None else 2
    return _Declaration(found[group], head[: found.start(group)])


def _mismatch(content: bytes, name: str) -> XmlFault | None:
    first = _NOT_ASCII.search(content)
    if first is None:
        return None
    if _is_utf8(content):
        message = f"The file declares {name}, but its letters beyond ASCII are stored as UTF-8."
        return _mismatch_fault(content, first.start(), message, 'Declare encoding="UTF-8".')
    control = _C1.search(content) if name in _C1_IS_CONTROL else None
    if control is None:
        return None
    message = f"The byte 0x{control[0][0]:02X} is a control character in {name}, but a printable one in windows-1252."
    return _mismatch_fault(content, control.start(), message, 'Declare encoding="windows-1252".')


def _mismatch_fault(content: bytes, index: int, message: str, hint: str) -> XmlFault:
    return XmlFault("encoding-mismatch", _place(content, index, "latin-1"), message, hint)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _undecodable(content: bytes, name: str, codec: str, index: int, *, is_declared: bool) -> XmlFault:
    byte = f"The byte 0x{content[index]:02X}"
    hint = f"Save the file as {name}, or declare the encoding that it has."
    if name == "UTF-16":
        message = "The bytes here are half a character of UTF-16."
    elif name == "UTF-8":
        why = "the encoding that the file declares" if is_declared else "the encoding of a file that declares none"
        message = f"{byte} is not UTF-8, {why}."
        hint = 'Save the file as UTF-8, or declare the encoding that it has, such as encoding="windows-1252".'
    else:
        message = f"{byte} stands for no character in {name}, the encoding that the file declares."
    return XmlFault("xml-syntax", _place(content, index, codec), message, hint)


def _place(content: bytes, index: int, codec: str) -> Position:
    return advance(START, content[:index].decode(codec, errors="replace"))


def _unknown(declaration: _Declaration, text: str) -> Decoded:
    message = f"The encoding `{declaration.name}` is not supported."
    return _refused(message, f"Save the file as UTF-8. {_SUPPORTED}", declaration.position, text)


def _refused(message: str, hint: str, position: Position = START, text: str | None = None) -> Decoded:
    return Decoded(text, None, None, XmlFault("xml-syntax", position, message, hint))
