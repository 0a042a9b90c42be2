from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# A module beside the tests is not importable by name under importlib mode.
NAME = "analysis_corpus"
spec = importlib.util.spec_from_file_location(NAME, Path(__file__).with_name(f"{NAME}.py"))
assert spec is not None
assert spec.loader is not None
module = importlib.util.module_from_spec(spec)
sys.modules[NAME] = module
spec.loader.exec_module(module)
