from pathlib import Path

import pytest

from engine.errors import ConfigurationError
from engine.script import Script, read_schema_file
from engine.sql.fault import SqlFault

TABLE = "CREATE TABLE dbo.Åkare (id int NOT NULL)"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_script_is_read_as_the_tools_save_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "schema.sql"
    path.write_text(TABLE, encoding=encoding)
    assert Script.read(path) == Script(TABLE, str(path))
    assert [table.name for table in read_schema_file(path).tables.values()] == ["Åkare"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory."),
        (TABLE.encode("latin-1"), "is not UTF-8 at line 1: save it as UTF-8."),
        (b"SELECT 1", "declares no table, so it is no schema of a ledger."),
        (b"", "declares no table, so it is no schema of a ledger."),
    ],
)
def test_what_is_no_schema_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "schema.sql"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_schema_file(path)
    assert caught.value.message == f"{path} {message}"
    assert caught.value.file == str(path)


def test_every_error_is_told_with_its_line_and_warnings_pass(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "schema.sql"
    view = "GO\nCREATE VIEW dbo.v AS SELECT FROM\nGO"
    path.write_text(f"CREATE TABLE t (\n  a int,\n  a int)\n{view}\nCREATE TABLE u (a int, a int)")
    with pytest.raises(ConfigurationError) as caught:
        read_schema_file(path)
    first, second = caught.value.message.split("\n")
    assert first == f"{path}:3: column a of t is declared twice"
    assert second == f"{path}:7: column a of u is declared twice"
    assert caught.value.line == 3
    path.write_text(f"CREATE TABLE t (a int)\n{view}")
    assert len(read_schema_file(path).tables) == 1
    assert f"{path}:3: " in caplog.text


def test_a_hint_stands_behind_its_fault() -> None:
    script = Script("a\nb", "data.sql")
    script.refuse([])
    with pytest.raises(ConfigurationError) as caught:
        script.refuse([SqlFault("sql-syntax", 2, "wrong", "mend it")])
    assert caught.value.message == "data.sql:2: wrong (mend it)"
