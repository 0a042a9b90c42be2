"""The text of a script file."""

from __future__ import annotations

import codecs

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decode_script(content: bytes) -> str:
    """The text of a T-SQL script in UTF-8, or in UTF-16 with its mark, as SQL Server Management Studio saves it.

    Raises ValueError, its message going on after the file's name, for any other encoding.
    """
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is not {encoding.upper()} at line {line}: save it as UTF-8") from None
