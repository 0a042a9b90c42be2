import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from engine.errors import ReadOnlyRequiredError
from engine.execution import Ledger
from engine.execution.rights import WRITING_FUNCTIONS, summarise
from engine.model import Statement


@dataclass(frozen=True)
class Login:
    """A role without any right of its own."""

    name: str
    url: str
    admin: Any

    def grant(self, right: str) -> None:
        self.admin.execute(f"GRANT {right} TO {self.name}")


@pytest.fixture(scope="module")
def postgresql(scratch: Any) -> Iterator[Any]:
    """A database of these tests' own: they list what may be done to whatever is there."""
    with scratch() as database:
        yield database


@pytest.fixture
def plain_login(postgresql: Any) -> Iterator[Login]:
    """A login as an unwary administrator makes it, in a database where nothing was revoked from everybody."""
    name = f"plain_{uuid4().hex[:12]}"
    postgresql.admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'")
    url = make_url(postgresql.url).set(username=name, password="pw").render_as_string(hide_password=False)
    yield Login(name, url, postgresql.admin)
    postgresql.admin.execute(f"DROP OWNED BY {name}")
    postgresql.admin.execute(f"DROP ROLE {name}")


def rights(ledger: Ledger) -> tuple[str, ...]:
    with ledger.session():
        return ledger.status().write_rights


def test_a_superuser_is_called_that_and_no_more(opened: Callable[..., Ledger], postgresql: Any) -> None:
    assert rights(opened(postgresql.url)) == ("superuser",)


def test_what_every_login_may_by_default_is_listed(opened: Callable[..., Ledger], plain_login: Login) -> None:
    found = rights(opened(plain_login.url))
    assert [right.split()[0] for right in found] == ["EXECUTE", "TEMPORARY"]
    assert "EXECUTE of lo_creat(integer)" in found[0]
    assert "more" in found[0]


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ("INSERT ON payment", "INSERT on public.payment"),
        ("UPDATE (note) ON payment", "UPDATE on public.payment"),
        ("DELETE ON payment", "DELETE on public.payment"),
        ("TRUNCATE ON payment", "TRUNCATE on public.payment"),
        ("USAGE ON SEQUENCE counter", "USAGE on public.counter"),
        ("CREATE ON SCHEMA public", "CREATE in schema public"),
        ("pg_read_server_files", "member of pg_read_server_files"),
        ("pg_execute_server_program", "member of pg_execute_server_program"),
        ("pg_write_all_data", "INSERT on public.payment"),
    ],
)
def test_a_granted_right_is_found(opened: Callable[..., Ledger], plain_login: Login, grant: str, expected: str) -> None:
    plain_login.admin.execute("CREATE SEQUENCE IF NOT EXISTS counter")
    plain_login.grant(grant)
    assert any(right.startswith(expected) for right in rights(opened(plain_login.url)))


def test_the_right_to_maintain_a_table_is_found(opened: Callable[..., Ledger], plain_login: Login) -> None:
    """With it `pg_clear_relation_stats`, in version 18, changes the catalogue though the transaction is read-only."""
    (version,) = plain_login.admin.execute("SHOW server_version_num").fetchone()
    if int(version) < 170000:
        pytest.skip("PostgreSQL has it since version 17")
    plain_login.grant("MAINTAIN ON payment")
    assert "MAINTAIN on public.payment" in rights(opened(plain_login.url))


@pytest.mark.parametrize("attribute", ["CREATEROLE", "CREATEDB", "REPLICATION"])
def test_an_attribute_of_the_role_is_found(opened: Callable[..., Ledger], plain_login: Login, attribute: str) -> None:
    plain_login.admin.execute(f"ALTER ROLE {plain_login.name} {attribute}")
    assert attribute in rights(opened(plain_login.url))


def test_a_role_that_it_may_become_counts(opened: Callable[..., Ledger], plain_login: Login) -> None:
    owner = str(plain_login.admin.execute("SELECT current_user").fetchone()[0])
    plain_login.admin.execute(f"ALTER ROLE {plain_login.name} NOINHERIT")
    plain_login.grant(owner)
    assert any(right.startswith(f"member of {owner}") for right in rights(opened(plain_login.url)))


def test_a_role_that_was_laid_aside_counts(opened: Callable[..., Ledger], plain_login: Login, postgresql: Any) -> None:
    url = make_url(postgresql.url).update_query_dict({"options": f"-c role={plain_login.name}"})
    assert rights(opened(url)) == ("superuser",)


def test_a_role_whose_rights_it_does_not_inherit_counts(opened: Callable[..., Ledger], plain_login: Login) -> None:
    other = f"{plain_login.name}_other"
    plain_login.admin.execute(f"CREATE ROLE {other}")
    plain_login.admin.execute(f"ALTER ROLE {plain_login.name} NOINHERIT")
    plain_login.grant(other)
    try:
        assert f"member of {other}" in rights(opened(plain_login.url))
    finally:
        plain_login.admin.execute(f"DROP ROLE {other}")


def test_a_function_with_its_owners_rights_counts(opened: Callable[..., Ledger], plain_login: Login) -> None:
    plain_login.admin.execute(
        "CREATE FUNCTION a_pay() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM payment'"
    )
    try:
        assert "a_pay()" in rights(opened(plain_login.url))[0]
    finally:
        plain_login.admin.execute("DROP FUNCTION a_pay()")


ALIKE = "CREATE FUNCTION alike(varchar, varchar) RETURNS bool LANGUAGE sql AS 'SELECT false'"


@pytest.mark.parametrize(
    "planting",
    [
        (
            "CREATE FUNCTION rtrim(varchar, text) RETURNS text LANGUAGE sql AS $$ SELECT 'planted' $$",
            "DROP FUNCTION rtrim(varchar, text)",
            r"rtrim\(character varying,text\)\.$",
        ),
        (
            f"{ALIKE}; CREATE OPERATOR = (FUNCTION = alike, LEFTARG = varchar, RIGHTARG = varchar)",
            "DROP FUNCTION alike CASCADE",
            r"=\(character varying,character varying\)\.$",
        ),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC", r"schema public\.$"),
    ],
)
def test_what_may_be_taken_for_postgresqls_own_is_warned_of(
    opened: Callable[..., Ledger], postgresql: Any, planting: tuple[str, str, str]
) -> None:
    planted, gone, expected = planting
    assert not warnings(opened(postgresql.url))
    postgresql.admin.execute(planted)
    try:
        (warning,) = warnings(opened(postgresql.url))
        assert re.search(expected, warning)
    finally:
        postgresql.admin.execute(gone)


def warnings(ledger: Ledger) -> tuple[str, ...]:
    with ledger.session():
        return ledger.status().warnings


def test_what_an_extension_brings_is_no_warning(opened: Callable[..., Ledger], scratch: Any) -> None:
    with scratch() as database:
        database.admin.execute("CREATE EXTENSION citext; CREATE SCHEMA elsewhere")
        database.admin.execute("CREATE FUNCTION elsewhere.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT $1'")
        assert not warnings(opened(database.url))


def test_the_warning_comes_once(
    opened: Callable[..., Ledger], plain_login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        ledger = opened(plain_login.url)
        for _ in range(3):
            rights(ledger)
    assert len([record for record in caplog.records if "may do more than read" in record.message]) == 1


def test_a_session_with_write_rights_is_refused_where_that_is_required(
    opened: Callable[..., Ledger], plain_login: Login
) -> None:
    ledger = opened(plain_login.url, require_read_only=True)
    for _ in range(2):
        with pytest.raises(ReadOnlyRequiredError, match="TEMPORARY in database"), ledger.session():
            pass
    assert ledger.status().write_rights


def test_after_the_login_script_nothing_is_left(opened: Callable[..., Ledger], reader_url: str) -> None:
    ledger = opened(reader_url, require_read_only=True)
    assert rights(ledger) == ()
    with ledger.session() as session:
        assert session.execute(Statement("SELECT count(*) FROM payment_view", (), ()), ()) == [(100,)]


def test_the_login_script_may_run_again(restricted: Any, reader_script: str, reader_url: str) -> None:
    restricted.admin.execute(reader_script)


def test_duckdb_has_no_rights_and_says_so(opened: Callable[..., Ledger], duckdb_file: Path) -> None:
    ledger = opened(f"duckdb:///{duckdb_file}", require_read_only=True)
    assert rights(ledger) == ()
    assert "DuckDB has no rights" in ledger.status().notices[0]


def test_long_lists_are_counted() -> None:
    found = summarise([("INSERT on", f"s.t{number}") for number in range(8)] + [("CREATEDB", None)])
    assert found == ("INSERT on s.t0, s.t1, s.t2, s.t3, s.t4 and 3 more", "CREATEDB")


def test_the_list_of_functions_is_read_without_its_comments() -> None:
    assert {"set_config", "lo_export", "pg_read_file", "dblink_exec"} <= set(WRITING_FUNCTIONS)
    assert all(name.replace("_", "").isalnum() and name.islower() for name in WRITING_FUNCTIONS)
