from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).parent
# Modules beside the tests are not importable by name under importlib mode.
for path in (
    HERE / "translation_ledgers.py",
    HERE / "translation_sample.py",
    HERE / "translation_corpus.py",
    HERE / "translation_grammar.py",
    HERE / "translation_reckoning.py",
    HERE.parent / "analysis" / "analysis_corpus.py",
):
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
