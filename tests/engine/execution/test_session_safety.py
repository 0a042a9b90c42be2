"""What each layer stops with the others switched off; docs/explanation/safety-layers.md tells it.

The static rules by themselves are in tests/acceptance/test_static_layer.py.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

import duckdb
import psycopg
import pytest
from sqlalchemy import make_url

from engine import Composer
from engine.errors import DefinitionUnavailableError, EngineError
from engine.execution import Ledger
from engine.execution.postgresql.screen import is_query
from engine.model import Statement
from engine.sql.wordlist import words

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs/explanation/safety-layers.md"

SESSION_ERROR = {
    "postgresql": r"runs nothing but queries|25006",  # the screen; the read-only transaction
    "duckdb": "does not run|nothing but queries",
}

attack_frame = [("a variable of the program",)]


@dataclass(frozen=True)
class Group:
    what: str
    attacks: tuple[tuple[str, ...], ...]
    static: bool
    session: bool
    rights: bool
    extension: str | None
    session_error: str
    rights_error: str

    def is_refusal(self, layer: str, error: str | None) -> bool:
        """Whether the layer gave that error, or one that the attack is known to end with; any other is no defence."""
        expected = {"session": self.session_error, "rights": self.rights_error}.get(layer)
        either = rf"{self.session_error}|\(42501\)"
        return error is not None and re.search(expected or either, error) is not None


def groups(engine: str) -> list[Group]:
    listed = tomllib.loads((HERE / "attacks" / f"{engine}.toml").read_text("utf-8"))["group"]
    return [
        Group(
            entry["what"],
            tuple((attack,) if isinstance(attack, str) else tuple(attack) for attack in entry["attacks"]),
            entry.get("static", "yes") == "yes",
            entry.get("session", "yes") == "yes",
            entry.get("rights", "yes") == "yes",
            entry.get("extension"),
            entry.get("session_error", SESSION_ERROR[engine]),
            entry.get("rights_error", "^42501$"),
        )
        for entry in listed
    ]


def attacks(engine: str) -> list[Any]:
    return [pytest.param((group, attack), id=attack[-1][:70]) for group in groups(engine) for attack in group.attacks]


def failure(run: Callable[[str], object], statements: tuple[str, ...], **places: str) -> str | None:
    """The first failure of the statements, by its SQLSTATE or its words; None where all of them run."""
    for sql in statements:
        for name, place in places.items():
            sql = sql.replace(f"{{{name}}}", place)  # noqa: PLW2901  not format(): SQL has braces of its own
        try:
            run(sql)
        except psycopg.Error as error:
            return str(error.sqlstate)
        except EngineError as error:
            return error.message
    return None


def session_failure(ledger: Ledger, statements: tuple[str, ...], **places: str) -> str | None:
    with ledger.session() as session:
        return failure(lambda sql: session.execute(Statement(sql, (), ()), ()), statements, **places)


def test_there_are_enough_attacks() -> None:
    for engine in ("postgresql", "duckdb"):
        assert sum(len(group.attacks) for group in groups(engine)) >= 60


VICTIMS = """
CREATE SEQUENCE counter;
CREATE TABLE elsewhere AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW payment_sum AS SELECT sum(amount) FROM payment;
CREATE FUNCTION wipe_function() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; RETURN 1; END';
CREATE FUNCTION wipe_elsewhere() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.elsewhere; RETURN 1; END';
CREATE FUNCTION wipe_as_owner() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM payment';
CREATE FUNCTION on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION on_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE PROCEDURE wipe() LANGUAGE sql AS 'DELETE FROM payment';
CREATE VIEW wiping_view AS SELECT wipe_function() AS id;
CREATE VIEW wiping_view_elsewhere AS SELECT wipe_elsewhere() AS id;
CREATE VIEW file_view AS SELECT pg_read_file('/etc/hostname') AS content;
CREATE TYPE wiping_type AS (id int);
CREATE FUNCTION wipe_cast(int) RETURNS wiping_type LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; RETURN ROW($1); END';
CREATE CAST (int AS wiping_type) WITH FUNCTION wipe_cast(int);
CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; RETURN $1; END';
CREATE FUNCTION rtrim(varchar, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; RETURN $1; END';
CREATE FUNCTION alike(text, text) RETURNS bool LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; RETURN true; END';
CREATE FUNCTION alike(varchar, varchar) RETURNS bool LANGUAGE plpgsql AS 'BEGIN DELETE FROM payment; RETURN true; END';
CREATE OPERATOR === (FUNCTION = alike, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR = (FUNCTION = alike, LEFTARG = varchar, RIGHTARG = varchar);
GRANT SELECT ON wiping_view TO PUBLIC;
SELECT lo_from_bytea(4711, 'x');
SELECT lo_from_bytea(4712, 'x');
CREATE SCHEMA extra;
CREATE FUNCTION pg_catalog.of_a_newer_version(text) RETURNS int LANGUAGE sql AS $$SELECT 1 FROM pg_notify('x', 'y')$$;
CREATE FUNCTION pg_catalog.pg_of_a_newer_version(text) RETURNS int LANGUAGE sql
    AS $$SELECT 1 FROM pg_notify('x', 'y')$$;
"""
EXTENSIONS = (
    "dblink", "xml2", "tablefunc", "pg_surgery", "pageinspect", "file_fdw", "postgres_fdw", "adminpack",
    "pg_prewarm", "pg_trgm",
)  # fmt: skip
FOREIGN = """
CREATE SERVER programs FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE foreign_program (line text) SERVER programs OPTIONS (program 'echo a program ran');
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', dbname '{database}');
CREATE USER MAPPING FOR PUBLIC SERVER other OPTIONS (user '{username}', password '{password}');
CREATE FOREIGN TABLE foreign_wiping_view (id int) SERVER other OPTIONS (table_name 'wiping_view_elsewhere');
"""
FINGERPRINT = """
SELECT (SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM payment p), (SELECT count(*) FROM pg_class),
       (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_roles WHERE rolname = 'execution_intruder'),
       (SELECT count(*) FROM pg_extension),
       (SELECT md5(string_agg(relacl::text, '' ORDER BY oid)) FROM pg_class),
       (SELECT md5(string_agg(l::text, '' ORDER BY loid, pageno)) FROM pg_largeobject l),
       (SELECT count(*) FROM pg_description), (SELECT count(*) FROM pg_event_trigger),
       (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM elsewhere),
       (SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_collation),
       (SELECT md5(string_agg(rolconfig::text, '')) FROM pg_roles), (SELECT (last_value, is_called)::text FROM counter)
"""


@pytest.fixture(scope="module")
def victim(scratch: Callable[[], Any]) -> Iterator[Any]:
    """A database whose superuser the session is, and where somebody has planted what writes."""
    with scratch() as database:
        plant(database)
        yield database


@pytest.fixture(scope="module")
def restricted_victim(restricted: Any, reader_script: str, reader_url: str) -> Any:
    """The database whose login has no right but SELECT; the script runs again, over what came later."""
    plant(restricted)
    restricted.admin.execute("GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON payment TO PUBLIC")
    restricted.admin.execute(reader_script)
    return restricted


def plant(database: Any) -> None:
    for extension in EXTENSIONS:
        with suppress(psycopg.Error):  # only where the server has it
            database.admin.execute(f"CREATE EXTENSION {extension}")
    database.admin.execute(VICTIMS)
    if has_extension(database, "postgres_fdw"):
        url = make_url(database.url)
        database.admin.execute(FOREIGN.format(**url.translate_connect_args()))


def fingerprint(database: Any) -> tuple[object, ...]:
    return tuple(database.admin.execute(FINGERPRINT).fetchone())


@pytest.fixture
def file() -> Iterator[Path]:
    """A path that the server's own user could write, too."""
    path = Path("/tmp") / f"attack_{uuid4().hex}"
    yield path
    with suppress(OSError):
        path.unlink()


def has_extension(database: Any, name: str) -> bool:
    found = database.admin.execute("SELECT count(*) FROM pg_extension WHERE extname = %s", [name]).fetchone()
    return bool(found[0])


class Attempt:
    """One attack on one database: `stopped` is whether it failed and left no trace."""

    def __init__(self, database: Any, group: Group, attack: tuple[str, ...], file: Path) -> None:
        if group.extension and not has_extension(database, group.extension):
            pytest.skip(f"the server has no {group.extension}")
        owner = database.admin.execute("SELECT quote_ident(current_user)").fetchone()[0]
        self.group = group
        self._database, self._attack, self._file = database, attack, file
        self._places = {"file": str(file), "dsn": database.conninfo, "owner": owner}
        self._before = fingerprint(database)

    def stopped(self, layer: str, run: Callable[[str], object]) -> bool:
        found = failure(run, self._attack, **self._places)
        assert found is None or self.group.is_refusal(layer, found), f"stopped, but by {found}"
        return found is not None and not self.has_effect()

    def has_effect(self) -> bool:
        return fingerprint(self._database) != self._before or self._file.exists()

    def stopped_by(self, ledger: Ledger, layer: str = "session") -> bool:
        with ledger.session() as session:
            return self.stopped(layer, lambda sql: session.execute(Statement(sql, (), ()), ()))

    def stopped_as_definition(self, url: object, folder: Path) -> bool:
        with suppress(EngineError):
            compose(self._attack, str(url), folder)
            return False
        return not self.has_effect()


@pytest.fixture(params=attacks("postgresql"))
def attempt_on(request: pytest.FixtureRequest, file: Path) -> Callable[[Any], Attempt]:
    """Each attack, on the database that a test names."""
    return lambda database: Attempt(database, *request.param, file)


@pytest.fixture
def public_reader_url(reader_url: str) -> str:
    """The login of the script, looking where things were planted."""
    url = make_url(reader_url).update_query_dict({"options": "-csearch_path=public"})
    return url.render_as_string(hide_password=False)


def test_postgresql_session_alone(
    victim: Any, opened: Callable[..., Ledger], attempt_on: Callable[[Any], Attempt]
) -> None:
    """With a superuser's rights and past the static rules."""
    attempt = attempt_on(victim)
    assert attempt.stopped_by(opened(victim.url, pool_size=1)) is attempt.group.session
    assert victim.admin.execute("SELECT count(*) FROM payment").fetchone() == (100,)


def test_postgresql_rights_alone(
    restricted_victim: Any, public_reader_url: str, attempt_on: Callable[[Any], Attempt]
) -> None:
    """With none of the session's settings: psycopg as it comes, in autocommit."""
    attempt = attempt_on(restricted_victim)
    with psycopg.connect(public_reader_url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM payment").fetchone() == (100,)
        assert attempt.stopped("rights", connection.execute) is attempt.group.rights
    assert not attempt.has_effect()  # what is let through changes no data either


def test_postgresql_without_the_static_rules(
    restricted_victim: Any,
    public_reader_url: str,
    opened: Callable[..., Ledger],
    attempt_on: Callable[[Any], Attempt],
) -> None:
    attempt = attempt_on(restricted_victim)
    expected = attempt.group.session or attempt.group.rights
    assert attempt.stopped_by(opened(public_reader_url, pool_size=1), "session or rights") is expected


def test_postgresql_without_the_session(
    restricted_victim: Any,
    public_reader_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    attempt_on: Callable[[Any], Attempt],
) -> None:
    monkeypatch.setattr("engine.execution.postgresql.driver.session_options", lambda _: "")
    monkeypatch.setattr("engine.execution.postgresql.driver.is_query", lambda _: True)
    attempt = attempt_on(restricted_victim)
    expected = attempt.group.static or attempt.group.rights
    assert attempt.stopped_as_definition(public_reader_url, tmp_path) is expected


def test_postgresql_without_rights(victim: Any, tmp_path: Path, attempt_on: Callable[[Any], Attempt]) -> None:
    attempt = attempt_on(victim)
    assert attempt.stopped_as_definition(victim.url, tmp_path) is (attempt.group.static or attempt.group.session)


def compose(attack: tuple[str, ...], url: str, folder: Path) -> None:
    """The whole product, given the attack as a definition."""
    steps = "".join(f'<query name="s{number}">{escape(sql)}</query>' for number, sql in enumerate(attack))
    (folder / "definitions").mkdir()
    (folder / "definitions/ledgerpayment.xml").write_text(
        "<aptic_service_definition><category>webhook</category><name>ledgerpayment</name>"
        f"<steps>{steps}</steps></aptic_service_definition>",
        "utf-8",
    )
    schema = HERE / "attacks/schema.sql"
    with Composer.load(folder / "definitions", ledger=url, ledger_schema=schema, on_invalid="hold") as composer:
        composer.compose("ledgerpayment", {"event": "ledgerpayment", "data": {}})


@pytest.fixture(scope="module")
def with_extensions(scratch: Callable[[], Any]) -> Iterator[Any]:
    """A database with all extensions that the server has."""
    with scratch() as database:
        for (extension,) in database.admin.execute("SELECT name FROM pg_available_extensions").fetchall():
            with suppress(psycopg.Error):  # some need a language that is not installed
                database.admin.execute(f'CREATE EXTENSION "{extension}" CASCADE')
        yield database


SHIPPED = """
SELECT DISTINCT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
WHERE {} AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND prorettype <> 'internal'::regtype AND NOT 'internal'::regtype = ANY (proargtypes)
  AND (nspname = 'pg_catalog' OR EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e'))
"""
VOLATILE = SHIPPED.format("provolatile = 'v'")
# A type's own function for sending it to a client is not immutable, and does no more.
OF_ONE_VALUE = SHIPPED.format(
    "provolatile <> 'i' AND pronargs - pronargdefaults <= 1 AND pronargs >= 1"
    " AND NOT EXISTS (SELECT FROM pg_type WHERE typsend = pg_proc.oid)"
)


def test_each_volatile_function_of_the_installed_postgresql_and_its_extensions_is_refused_or_listed(
    with_extensions: Any,
) -> None:
    """Those that read rows, write or act are among the volatile ones; a name that is new here has to be looked at."""
    found = {name for (name,) in with_extensions.admin.execute(VOLATILE).fetchall()}
    assert len(found) > 150
    assert {name for name in found if is_query(f"SELECT {name}()")} <= words(
        "postgresql_refused_functions.txt", "harmless"
    )


def test_each_of_them_that_takes_one_value_is_refused_by_attribute_notation_too(with_extensions: Any) -> None:
    found = {name for (name,) in with_extensions.admin.execute(OF_ONE_VALUE).fetchall()}
    prefixes = tuple(words("postgresql_refused_functions.txt", "prefixes"))
    named = {name for name in found if name.startswith(prefixes)}
    assert len(named) > 100
    assert {name for name in named if is_query(f"SELECT x.{name} FROM t AS x")} <= words(
        "postgresql_refused_functions.txt", "harmless"
    )


@pytest.mark.parametrize("case", attacks("duckdb"))
def test_duckdb_session_alone(
    tmp_path: Path, opened: Callable[..., Ledger], case: tuple[Group, tuple[str, ...]]
) -> None:
    group, attack = case
    path, file = tmp_path / "ledger.duckdb", tmp_path / "file"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE payment AS SELECT 1 AS id, 2 AS amount, 'x' AS note; CREATE SEQUENCE counter")
    content = path.read_bytes()
    ledger = opened(f"duckdb:///{path}")
    found = session_failure(ledger, attack, file=str(file))
    assert (found is not None) is group.session
    assert found is None or group.is_refusal("session", found), f"stopped, but by {found}"
    with ledger.session() as session:
        assert session.execute(Statement("SELECT * FROM payment", (), ()), ()) == [(1, 2, "x")]
    ledger.close()
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("case", attacks("duckdb"))
def test_duckdb_without_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[Group, tuple[str, ...]]
) -> None:
    """A connection as DuckDB opens it by itself, which may write and read any file."""
    monkeypatch.setattr("engine.execution.duckdb.driver._open_root", lambda path: duckdb.connect(str(path)))
    monkeypatch.setattr("engine.execution.duckdb.driver.refused_part", lambda *_: None)
    path = tmp_path / "ledger.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE payment AS SELECT 1 AS id, 2 AS amount, 'x' AS note")
    content = path.read_bytes()
    with pytest.raises(DefinitionUnavailableError, match="no version of its definition is good"):
        compose(case[1], f"duckdb:///{path}", tmp_path)
    assert path.read_bytes() == content


@pytest.fixture(scope="module")
def duckdb_functions() -> list[tuple[str, str, bool]]:
    sql = """
    SELECT DISTINCT function_name, function_type, coalesce(has_side_effects, false) OR stability = 'VOLATILE'
    FROM duckdb_functions() WHERE database_name = 'system' ORDER BY 1
    """
    return duckdb.connect().execute(sql).fetchall()


def test_every_table_function_of_the_installed_duckdb_is_refused_but_those_that_compute(
    duckdb_file: Path, opened: Callable[..., Ledger], duckdb_functions: list[tuple[str, str, bool]]
) -> None:
    names = {name for name, kind, _ in duckdb_functions if kind in ("table", "table_macro")}
    computed = words("duckdb_functions.txt", "computed rows")
    assert len(names) > 100
    assert computed <= names
    ledger = opened(f"duckdb:///{duckdb_file}")
    for name in names - computed:
        with (
            ledger.session() as session,
            pytest.raises(DefinitionUnavailableError, match="does not run SHOW, or table"),
        ):
            session.execute(Statement(f'SELECT * FROM "{name}"()', (), ()), ())


def test_every_function_with_side_effects_of_the_installed_duckdb_is_listed(
    duckdb_functions: list[tuple[str, str, bool]],
) -> None:
    listed = words("duckdb_functions.txt", "refused", "harmless")
    scalar = {name for name, kind, has_effects in duckdb_functions if kind in ("scalar", "macro") and has_effects}
    assert len(scalar) > 10
    assert scalar <= listed


def table(engine: str) -> str:
    """The table of the page, made from the attacks."""
    verdicts = {True: "stops", False: "**lets through**"}
    has_rights = engine == "postgresql"
    lines = [
        "| attack | tried | static rules alone | session alone |" + (" rights alone |" if has_rights else ""),
        "|---|---|---|---|" + ("---|" if has_rights else ""),
    ]
    for group in groups(engine):
        rights = f" {verdicts[group.rights]} |" if has_rights else ""
        others = f"{verdicts[group.static]} | {verdicts[group.session]} |{rights}"
        lines.append(f"| {group.what} | {len(group.attacks)} | {others}")
    return "\n".join(lines)


@pytest.mark.parametrize("engine", ["postgresql", "duckdb"])
def test_the_page_tells_what_these_tests_found(engine: str) -> None:
    assert table(engine) in PAGE.read_text("utf-8"), f"the page needs this table:\n{table(engine)}"
