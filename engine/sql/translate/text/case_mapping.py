"""Upper and lower case of the letters whose pairs no version of Unicode or of Windows has changed.

Source: windows-1252 and Latin Extended-A (Unicode, UnicodeData.txt). Left out are the letters without a pair of one
character (U+00DF, U+0138, U+0149, U+017F) and the two of Turkish (U+0130, U+0131).
"""

from __future__ import annotations

from typing import Final

_UNPAIRED: Final = "\u0130\u0131\u0138\u0149\u017f"


def _pairs() -> dict[str, str]:
    """Capital → small."""
    candidates = map(chr, [*range(0x41, 0x5B), *range(0xC0, 0xDF), *range(0x100, 0x180)])
    return {
        letter: letter.lower()
        for letter in candidates
        if letter not in _UNPAIRED and letter.lower() != letter and len(letter.lower()) == 1
    }


_PAIRS: Final = _pairs()
CAPITALS: Final = "".join(_PAIRS)
SMALLS: Final = "".join(_PAIRS.values())

# The letters above, and blocks whose characters have no case at all.
_BLOCKS: Final = (
    "\t-\u012f",
    "\u0132-\u0137",
    "\u0139-\u0148",
    "\u014a-\u017e",
    "\u02c6",
    "\u02dc",
    "\u2010-\u2027",
    "\u2030-\u205e",
    "\u20a0-\u20bf",
    "\u2122",
    "\u2190-\u27bf",
    "\u3000-\u303f",
    "\u4e00-\u9fff",
)
COVERED: Final = "".join(_BLOCKS)
"""What a string may hold for its case to be changed, as the inside of a class of a regular expression."""
