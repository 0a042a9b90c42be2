import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from engine import resources
from engine.errors import ConfigurationError

PACKAGE = Path(resources.__file__).parent


def test_the_schema_is_found() -> None:
    assert etree.fromstring(resources.definition_schema()).tag.endswith("}schema")
    assert (resources.schema_folder() / "events").is_dir()


def test_a_broken_installation_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    monkeypatch.setattr(resources, "files", lambda _: tmp_path / "engine")
    with pytest.raises(ConfigurationError, match="installation is broken"):
        resources.schema_folder()


def test_the_packaged_folder_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for folder in (tmp_path / "engine" / "schemas", tmp_path / "schemas"):
        folder.mkdir(parents=True)
        (folder / resources.DEFINITION_SCHEMA).write_text(str(folder))
    monkeypatch.setattr(resources, "files", lambda _: tmp_path / "engine")
    assert resources.schema_folder() == tmp_path / "engine" / "schemas"


def test_a_zip_file_will_do(tmp_path: Path) -> None:
    archive = tmp_path / "engine.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in (PACKAGE / "errors.py", PACKAGE / "resources.py", *(PACKAGE / "model").glob("*.py")):
            zipped.write(path, f"engine/{path.relative_to(PACKAGE)}")
        zipped.writestr("engine/__init__.py", "")
        zipped.writestr(f"engine/schemas/{resources.DEFINITION_SCHEMA}", "<schema/>")
    script = (
        f"import sys; sys.path[:0] = [{str(archive)!r}]; from engine.resources import *; print(definition_schema())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "b'<schema/>'\n"
