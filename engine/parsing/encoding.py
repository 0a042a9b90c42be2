"""From a file's bytes to text: a byte order mark, else the XML declaration, names one of a short list of encodings.

The names are those of the definition language (section 1), case aside, and the spellings that people write for the
same encodings. One decoding here feeds both XML parsers, which else disagree on names and byte order marks.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Decoded:
    """`text` without a byte order mark, or None where the bytes cannot be read; `utf8` is the same text."""

    text: str | None
    utf8: bytes
    declared: str | None
    fault: XmlFault | None


def decode(content: bytes) -> Decoded:
    """The text of a file; never raises. A fault beside a text is the rule `encoding-mismatch`."""
    for mark, name in _FOREIGN_MARKS:
        if content.startswith(mark):
            return _refused(f"The file is {name}.", f"Save it as UTF-8. {_SUPPORTED}")
    if content[:2] in _UTF16_MARKS:
        return _decode(content[2:], "UTF-16", _UTF16_MARKS[content[:2]])
    if content[:2] in _UNMARKED_UTF16:
        return _refused("The file is UTF-16 without a byte order mark.", "Save it with the mark, or as UTF-8.")
    if content.startswith(codecs.BOM_UTF8):
        return _decode(content[3:], "UTF-8", "utf-8")
    return _decode_unmarked(content)


def _decode_unmarked(content: bytes) -> Decoded:
    declared = _declared(content[:_DECLARATION_LENGTH].decode("latin-1"))
    name = "UTF-8" if declared is None else _BY_NAME.get(declared.lower())
    if name is None:
        return _unknown(declared or "")
    if name == "UTF-16":
        return _refused(
            "The file declares UTF-16 but is not stored as UTF-16.", 'Declare encoding="UTF-8" and save it as UTF-8.'
        )
    return _decode(content, name, name, declared)


def _decode(content: bytes, name: str, codec: str, declared: str | None = None) -> Decoded:
    """`name` is what the mark or the declaration says; after a mark, the declaration must not say otherwise."""
    mismatch = _mismatch(content, name) if name in _SINGLE_BYTE else None
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        return Decoded(None, b"", declared, mismatch or _undecodable(content, name, codec, error.start))
    if declared is None:
        declared = _declared(text[:_DECLARATION_LENGTH])
        if declared is not None and declared.lower() not in _BY_NAME:
            return _unknown(declared)
        if declared is not None and _BY_NAME[declared.lower()] != name:
            return _refused(
                f"The file begins with the byte order mark of {name} but declares {declared}.",
                f'Declare encoding="{name}".',
            )
    if text.startswith("\ufeff"):
        return _refused("The file begins with two byte order marks.", "Remove one, or save the file as UTF-8 again.")
    return Decoded(text, content if codec.lower() == "utf-8" else text.encode(), declared, mismatch)


def _declared(head: str) -> str | None:
    found = _DECLARED.match(head)
    return found and (found[1] if found[1] is not None else found[2])


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


def _undecodable(content: bytes, name: str, codec: str, index: int) -> XmlFault:
    byte = f"The byte 0x{content[index]:02X}"
    hint = f"Save the file as {name}, or declare the encoding that it has."
    if name == "UTF-16":
        message = "The bytes here are half a character of UTF-16."
    elif name == "UTF-8":
        message = f"{byte} is not UTF-8, the encoding of a file that declares no other."
        hint = 'Save the file as UTF-8, or declare the encoding that it has, such as encoding="windows-1252".'
    else:
        message = f"{byte} stands for no character in {name}, the encoding that the file declares."
    return XmlFault("xml-syntax", _place(content, index, codec), message, hint)


def _place(content: bytes, index: int, codec: str) -> Position:
    return advance(START, content[:index].decode(codec, errors="replace"))


def _unknown(declared: str) -> Decoded:
    return _refused(f"The encoding {declared!r} is not supported.", f"Save the file as UTF-8. {_SUPPORTED}")


def _refused(message: str, hint: str) -> Decoded:
    return Decoded(None, b"", None, XmlFault("xml-syntax", START, message, hint))
