"""What the session's settings and the login's rights stop, each alone; docs/explanation/safety-layers.md tells it."""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pytest

from engine.errors import EngineError
from engine.execution import Ledger
from engine.model import Statement

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs/explanation/safety-layers.md"

attack_frame = [("a variable of the program",)]


@dataclass(frozen=True)
class Group:
    what: str
    attacks: tuple[tuple[str, ...], ...]
    session: str
    rights: str


def groups(engine: str) -> list[Group]:
    listed = tomllib.loads((HERE / "attacks" / f"{engine}.toml").read_text("utf-8"))["group"]
    return [
        Group(
            entry["what"],
            tuple((attack,) if isinstance(attack, str) else tuple(attack) for attack in entry["attacks"]),
            entry.get("session", "yes"),
            entry.get("rights", "yes"),
        )
        for entry in listed
    ]


def attacks(engine: str) -> list[Any]:
    return [pytest.param(group, attack, id=attack[-1][:70]) for group in groups(engine) for attack in group.attacks]


def is_stopped(run: Callable[[str], object], statements: tuple[str, ...], **places: str) -> bool:
    """Whether any of the statements fails."""
    for sql in statements:
        for name, place in places.items():
            sql = sql.replace(f"{{{name}}}", place)  # noqa: PLW2901  not format(): SQL has braces of its own
        try:
            run(sql)
        except (EngineError, psycopg.Error):
            return True
    return False


def session_stops(ledger: Ledger, statements: tuple[str, ...], **places: str) -> bool:
    with ledger.session() as session:
        return is_stopped(lambda sql: session.execute(Statement(sql, (), ()), ()), statements, **places)


def test_there_are_enough_attacks() -> None:
    for engine in ("postgresql", "duckdb"):
        assert sum(len(group.attacks) for group in groups(engine)) >= 60


VICTIMS = """
CREATE SEQUENCE IF NOT EXISTS counter;
CREATE MATERIALIZED VIEW payment_sum AS SELECT sum(amount) FROM payment;
CREATE FUNCTION wipe_function() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; END';
CREATE FUNCTION wipe_as_owner() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM payment';
CREATE PROCEDURE wipe() LANGUAGE sql AS 'DELETE FROM payment';
SELECT lo_from_bytea(4711, 'x');
SELECT lo_from_bytea(4712, 'x');
"""
FINGERPRINT = """
SELECT (SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM payment p), (SELECT count(*) FROM pg_class),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_roles WHERE rolname = 'execution_intruder'),
       (SELECT count(*) FROM pg_extension),
       (SELECT md5(string_agg(relacl::text, '' ORDER BY oid)) FROM pg_class),
       (SELECT md5(string_agg(l::text, '' ORDER BY loid, pageno)) FROM pg_largeobject l),
       (SELECT count(*) FROM pg_description), (SELECT (last_value, is_called)::text FROM counter)
"""


@pytest.fixture(scope="module")
def victim(postgresql: Any) -> Any:
    """The database whose superuser the session is."""
    postgresql.admin.execute(VICTIMS)
    with suppress(psycopg.Error):  # only where the server has the extension
        postgresql.admin.execute("CREATE SCHEMA extra; CREATE EXTENSION dblink SCHEMA public")
    return postgresql


@pytest.fixture(scope="module")
def restricted_victim(restricted: Any, reader_script: str, reader_url: str) -> Any:
    """The database whose login has no right but SELECT; the script runs again, over what came later."""
    restricted.admin.execute(VICTIMS)
    with suppress(psycopg.Error):
        restricted.admin.execute("CREATE EXTENSION dblink SCHEMA public")
    restricted.admin.execute("GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON payment TO PUBLIC")
    restricted.admin.execute(reader_script)
    return restricted


def fingerprint(database: Any) -> tuple[object, ...]:
    return tuple(database.admin.execute(FINGERPRINT).fetchone())


@pytest.fixture
def file() -> Iterator[Path]:
    """A path that the server's own user could write, too."""
    path = Path("/tmp") / f"attack_{uuid4().hex}"
    yield path
    with suppress(OSError):
        path.unlink()


def has_dblink(database: Any) -> bool:
    return bool(database.admin.execute("SELECT count(*) FROM pg_extension WHERE extname = 'dblink'").fetchone()[0])


@pytest.mark.parametrize(("group", "attack"), attacks("postgresql"))
def test_postgresql_session_alone(
    victim: Any, opened: Callable[..., Ledger], file: Path, group: Group, attack: tuple[str, ...]
) -> None:
    """With a superuser's rights and past the static rules."""
    if "dblink" in attack[0] and not has_dblink(victim):
        pytest.skip("the server has no dblink")
    before = fingerprint(victim)
    version = victim.admin.info.server_version // 10_000
    expected = group.session == "yes" or (group.session.isdigit() and version >= int(group.session))
    ledger = opened(victim.url, pool_size=1)
    assert session_stops(ledger, attack, file=str(file), dsn=victim.conninfo) is expected
    if expected:
        assert fingerprint(victim) == before
        assert not file.exists()
    assert victim.admin.execute("SELECT count(*) FROM payment").fetchone() == (100,)


@pytest.mark.parametrize(("group", "attack"), attacks("postgresql"))
def test_postgresql_rights_alone(
    restricted_victim: Any, reader_url: str, file: Path, group: Group, attack: tuple[str, ...]
) -> None:
    """With none of the session's settings: psycopg as it comes, in autocommit."""
    if "dblink" in attack[0] and not has_dblink(restricted_victim):
        pytest.skip("the server has no dblink")
    before = fingerprint(restricted_victim)
    with psycopg.connect(reader_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET search_path = public")
        assert connection.execute("SELECT count(*) FROM payment").fetchone() == (100,)
        stopped = is_stopped(connection.execute, attack, file=str(file), dsn=restricted_victim.conninfo)
    assert stopped is (group.rights == "yes")
    assert fingerprint(restricted_victim) == before
    assert not file.exists()


@pytest.mark.parametrize(("group", "attack"), attacks("duckdb"))
def test_duckdb_session_alone(
    tmp_path: Path, opened: Callable[..., Ledger], group: Group, attack: tuple[str, ...]
) -> None:
    path, file = tmp_path / "ledger.duckdb", tmp_path / "file"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE payment AS SELECT 1 AS id, 2 AS amount, 'x' AS note; CREATE SEQUENCE counter")
    content = path.read_bytes()
    ledger = opened(f"duckdb:///{path}")
    assert session_stops(ledger, attack, file=str(file)) is (group.session == "yes")
    with ledger.session() as session:
        assert session.execute(Statement("SELECT * FROM payment", (), ()), ()) == [(1, 2, "x")]
    ledger.close()
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def table(engine: str) -> str:
    """The table of the page, made from the attacks."""
    words = {"yes": "stops", "no": "**lets through**"}
    has_rights = engine == "postgresql"
    lines = [
        "| attack | tried | session settings alone |" + (" rights alone |" if has_rights else ""),
        "|---|---|---|" + ("---|" if has_rights else ""),
    ]
    for group in groups(engine):
        session = words.get(group.session, f"stops from PostgreSQL {group.session} on; **lets through** before")
        rights = f" {words[group.rights]} |" if has_rights else ""
        lines.append(f"| {group.what} | {len(group.attacks)} | {session} |{rights}")
    return "\n".join(lines)


@pytest.mark.parametrize("engine", ["postgresql", "duckdb"])
def test_the_page_tells_what_these_tests_found(engine: str) -> None:
    assert table(engine) in PAGE.read_text("utf-8"), f"the page needs this table:\n{table(engine)}"
