"""What to tell the author of a file that is not well-formed: expat's errors in an admin's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers.expat import errors

from engine.model import Position
from engine.parsing.document import NAMES
from engine.parsing.fault import XmlFault, place
from engine.spelling import closest

_CDATA_HINT = "Put the text between <![CDATA[ and ]]>, or write &lt; for < and &amp; for &."
_DECLARATION_HINT = 'It is written <?xml version="1.0" encoding="UTF-8"?>.'
_XSI_HINT = (
    'Remove the prefix, or declare it on the root element: xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance".'
)

_LONE_AMPERSAND = re.compile(rb"&#?[\w.:-]*\Z")
_ENTITY = re.compile(rb"&([^;\s<&]{1,64});")
_END_TAG = re.compile(rb"</[^\s<>]{1,128}>?")
_NAME = re.compile(rb"[^\s<>/='\"]{1,128}")
_CDATA = b"<![CDATA["
_MISSPELT_CDATA = re.compile(rb"<\s*+!?\s*+\[?\s*+cdata\s*+[\[({]", re.IGNORECASE)
_SWALLOWED = re.compile(rb"<!\[CDATA\[|<argument\s|</(?:query|body)\s*>")
_WINDOW = 4096
"""How many bytes before the fault are searched for what began it."""


@dataclass(frozen=True, slots=True)
class OpenElement:
    """An element whose end tag is still to come, and where it begins."""

    tag: str
    position: Position


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where expat stopped: at byte `index`, inside the elements `open`, outermost first."""

    utf8: bytes
    index: int
    open: tuple[OpenElement, ...]

    def fault(self, message: str, hint: str | None = None, *, index: int | None = None) -> XmlFault:
        """The fault `xml-syntax` at `index`, or else where the reading stopped."""
        return XmlFault("xml-syntax", place(self.utf8, self.index if index is None else index), message, hint)

    def name(self) -> str:
        """The XML name at the fault, or nothing."""
        found = _NAME.match(self.utf8, self.index)
        return found[0].decode(errors="replace") if found else ""


def explain(code: int, index: int, utf8: bytes, open_elements: tuple[OpenElement, ...]) -> XmlFault:
    """The fault of expat's error `code` at byte `index` of `utf8`, with what to do where that can be told."""
    stop = _Stop(utf8, min(max(index, 0), len(utf8)), open_elements)
    handler = _HANDLERS.get(code)
    if handler is not None:
        return handler(stop)
    return stop.fault(f"This is not well-formed XML: {errors.messages[code]}.")


def _end_of_file(stop: _Stop) -> XmlFault:
    if stop.open:
        last = stop.open[-1]
        message = f"The file ends, but <{last.tag}> of line {last.position.line} is not closed."
        return stop.fault(message, f"Add </{last.tag}>.")
    return stop.fault(
        "The file holds no XML element.", "A service definition has the root element <aptic_service_definition>."
    )


def _unclosed_token(stop: _Stop) -> XmlFault:
    token = stop.utf8[stop.index : stop.index + 9]
    if token == b"<!DOCTYPE":
        return XmlFault(
            "doctype-forbidden", place(stop.utf8, stop.index), "A service definition must not have a DOCTYPE."
        )
    what, end = "tag", ">"
    if token.startswith(b"<!--"):
        what, end = "comment", "-->"
    elif token.startswith(b"<?"):
        what, end = "processing instruction", "?>"
    return stop.fault(f"The {what} that begins here does not end.", f"End it with {end}.")


def _unclosed_cdata(stop: _Stop) -> XmlFault:
    start = stop.utf8.find(_CDATA, stop.utf8.rfind(b"]]>") + 1)
    return stop.fault("The CDATA section that begins here does not end.", "End it with ]]>.", index=max(start, 0))


def _mismatched_tag(stop: _Stop) -> XmlFault:
    name = stop.name()
    if not stop.open:
        return stop.fault(f"</{name}> closes nothing.", "Remove it.", index=stop.index - 2)
    return _swallowed_markup(stop) or _misspelt_tag(stop, name) or _still_open(stop, name)


def _swallowed_markup(stop: _Stop) -> XmlFault | None:
    """The last CDATA section holds the markup behind the text that it was meant for."""
    end = stop.utf8.rfind(b"]]>", 0, stop.index)
    start = stop.utf8.find(_CDATA, stop.utf8.rfind(b"]]>", 0, end) + 1, end) if end >= 0 else -1
    found = _SWALLOWED.search(stop.utf8, start + len(_CDATA), end) if start >= 0 else None
    if found is None or b"-->" in stop.utf8[start : found.start()]:  # that would be the end of a comment
        return None
    message = f"The CDATA section that begins in line {place(stop.utf8, start).line} is not closed before this."
    return stop.fault(message, "Close it with ]]> behind the text that it is for.", index=found.start())


def _misspelt_tag(stop: _Stop, name: str) -> XmlFault | None:
    """A start tag that no definition has, and whose end tag is spelt right."""
    last = stop.open[-1]
    if last.tag in NAMES or name not in NAMES or closest(last.tag, [name]) is None:
        return None
    message = f"<{last.tag}> is unknown, and </{name}> of line {place(stop.utf8, stop.index).line} ends it."
    return XmlFault("xml-syntax", last.position, message, f"Did you mean <{name}>?")


def _still_open(stop: _Stop, name: str) -> XmlFault:
    last = stop.open[-1]
    return stop.fault(
        f"</{name}> stands where </{last.tag}> must: <{last.tag}> of line {last.position.line} is still open.",
        f"Write </{last.tag}>, or close <{last.tag}> before.",
        index=stop.index - 2,
    )


def _duplicate_attribute(stop: _Stop) -> XmlFault:
    return stop.fault(f"The attribute `{stop.name()}` stands twice in one tag.", "Remove one of the two.")


def _junk(stop: _Stop) -> XmlFault:
    return stop.fault("Something follows the end of the root element.", "Remove it: a file holds one definition.")


def _undefined_entity(stop: _Stop) -> XmlFault:
    found = _ENTITY.match(stop.utf8, stop.index)
    entity = found[0].decode(errors="replace") if found else "This entity"
    return stop.fault(
        f"{entity} is none of the five entities of XML (&lt; &gt; &amp; &quot; &apos;).",
        "Write the character itself, or its number as &#233;.",
    )


def _invalid_token(stop: _Stop) -> XmlFault:
    return (
        _control_character(stop)
        or _end_tag_outside(stop)
        or _text_outside(stop)
        or _lone_ampersand(stop)
        or _end_of_cdata(stop)
        or _misspelt_cdata(stop)
        or _in_markup(stop)
        or stop.fault("This is not well-formed XML.", _CDATA_HINT if stop.open else None)
    )


def _control_character(stop: _Stop) -> XmlFault | None:
    character = stop.utf8[stop.index : stop.index + 4].decode(errors="ignore")[:1]
    if character and ((character < " " and character not in "\t\r\n") or character in "\ufffe\uffff"):
        return stop.fault(f"The character U+{ord(character):04X} is not allowed in XML.", "Remove it.")
    return None


def _end_tag_outside(stop: _Stop) -> XmlFault | None:
    found = _END_TAG.match(stop.utf8, max(stop.index - 1, 0))
    if stop.open or found is None:
        return None
    return stop.fault(f"{found[0].decode(errors='replace')} closes nothing.", "Remove it.", index=found.start())


def _text_outside(stop: _Stop) -> XmlFault | None:
    before = stop.utf8[: stop.index + 1].lstrip(b" \t\r\n")
    if stop.open or before.startswith(b"<"):
        return None
    index = stop.index + 1 - len(before)
    return stop.fault("The file does not begin with an XML element.", "Remove what stands before it.", index=index)


def _lone_ampersand(stop: _Stop) -> XmlFault | None:
    start = max(0, stop.index - 128)
    found = _LONE_AMPERSAND.search(stop.utf8[start : stop.index])
    if found is None:
        return None
    return stop.fault("An & that begins no entity.", _CDATA_HINT, index=start + found.start())


def _end_of_cdata(stop: _Stop) -> XmlFault | None:
    if stop.utf8[stop.index - 2 : stop.index + 1] != b"]]>":
        return None
    return stop.fault(
        "]]> stands outside a CDATA section.", "Remove it, or write ]]&gt; for the characters.", index=stop.index - 2
    )


def _misspelt_cdata(stop: _Stop) -> XmlFault | None:
    start = stop.utf8.rfind(b"<", max(0, stop.index - _WINDOW), stop.index)
    if start < 0 or stop.utf8.startswith(_CDATA, start) or _MISSPELT_CDATA.match(stop.utf8, start) is None:
        return None
    return stop.fault(
        "This begins no CDATA section.", "Write <![CDATA[ in capitals, without a blank in it.", index=start
    )


def _in_markup(stop: _Stop) -> XmlFault | None:
    start = stop.utf8.rfind(b"<", max(0, stop.index - _WINDOW), stop.index)
    if start < 0:
        return None
    if stop.utf8.startswith(b"<!--", start):
        return stop.fault("Two hyphens stand within an XML comment.", "Write it without -- inside.")
    if stop.open and start == stop.index - 1:
        return stop.fault("A < that begins no tag.", _CDATA_HINT, index=start)
    if stop.utf8[stop.index : stop.index + 1] == b"<" and stop.utf8[start + 1 : stop.index].count(b"=") > 0:
        return stop.fault("A < stands within a tag.", "Close the tag before, or write &lt; in an attribute.")
    hint = 'Attributes are written name="value".' + (f" If this is no tag: {_CDATA_HINT}" if stop.open else "")
    return stop.fault("The tag is malformed here.", hint)


def _says(message: str, hint: str | None = None) -> Callable[[_Stop], XmlFault]:
    return lambda stop: stop.fault(message, hint)


_HANDLERS: dict[int, Callable[[_Stop], XmlFault]] = {
    errors.codes[errors.XML_ERROR_SYNTAX]: _invalid_token,
    errors.codes[errors.XML_ERROR_INVALID_TOKEN]: _invalid_token,
    errors.codes[errors.XML_ERROR_NO_ELEMENTS]: _end_of_file,
    errors.codes[errors.XML_ERROR_UNCLOSED_TOKEN]: _unclosed_token,
    errors.codes[errors.XML_ERROR_UNCLOSED_CDATA_SECTION]: _unclosed_cdata,
    errors.codes[errors.XML_ERROR_TAG_MISMATCH]: _mismatched_tag,
    errors.codes[errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: _duplicate_attribute,
    errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]: _undefined_entity,
    errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: _junk,
    errors.codes[errors.XML_ERROR_BAD_CHAR_REF]: _says("This reference names no character that XML allows."),
    errors.codes[errors.XML_ERROR_MISPLACED_XML_PI]: _says(
        "The XML declaration is not at the very start of the file.", "Remove what stands before it, blanks too."
    ),
    errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]: _says("A prefix in this tag is not declared.", _XSI_HINT),
    errors.codes[errors.XML_ERROR_XML_DECL]: _says("The XML declaration is malformed.", _DECLARATION_HINT),
}
