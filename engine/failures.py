"""An error of the program's own at one file: a finding on that file, which hides no other."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Final

from engine.model import Diagnostic, Severity

RULE: Final = "internal-error"
_PACKAGE: Final = Path(__file__).parent
_log = logging.getLogger(__name__)


def where(error: Exception) -> str:
    """The error's type and the line of the program: its own words may quote anything, and go to the debug log."""
    _log.debug("an internal error", exc_info=error)
    name = type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return name
    place = Path(ours[-1].filename).relative_to(_PACKAGE.parent)
    return f"{name} at {place.as_posix()}:{ours[-1].lineno}"


def internal_error(file: str, fault: str) -> Diagnostic:
    """The finding; `fault` is what `where` says of the error."""
    message = f"The program failed at this file ({fault}), so nobody can say whether it is right."
    hint = (
        "This is a fault of the program. Report this line with the file; what stands in the file may be made shorter "
        "as long as the line stays. Meanwhile, another way to say the same in the file may do."
    )
    return Diagnostic(RULE, Severity.ERROR, file, 1, 1, message, hint)
