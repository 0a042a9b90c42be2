from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# Modules beside the tests are not importable by name under importlib mode.
for name in ("contract_bodies", "contract_rows", "contract_grammar"):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
