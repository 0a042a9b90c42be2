from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# Modules beside the tests are not importable by name under importlib mode.
_SPEC = importlib.util.spec_from_file_location(
    "translation_ledgers", Path(__file__).with_name("translation_ledgers.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules["translation_ledgers"] = _MODULE
_SPEC.loader.exec_module(_MODULE)
