"""From a parsed file to every finding of the rules that need no translation; translation finds its own faults."""

from engine.validation.checker import Checked, check
from engine.validation.naming import check_folder

__all__ = ["Checked", "check", "check_folder"]
