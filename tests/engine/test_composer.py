import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import (
    BindingError,
    Body,
    Composer,
    ConfigurationError,
    DefinitionState,
    DefinitionUnavailableError,
    EmptyResultError,
    InvalidDefinitionError,
    LedgerUnavailableError,
    ReadOnlyRequiredError,
    TooManyRowsError,
    UnknownEventError,
)
from engine.apart import ApartComposer
from engine.execution.observed import Execution

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "fixtures/ledger/schema.sql"
PAYMENT = json.loads((ROOT / "fixtures/ledgerpayment/guide/event.json").read_text())
PAYMENT.pop("secret")
BODY = (ROOT / "fixtures/ledgerpayment/guide/body.json").read_bytes()
STATUS = {"event": "statuschange", "data": {"ledgeraccountid": "111927", "status": "PAID"}}
DEFAULT = b'{"ledgeraccountid":"111927","status":"PAID","secret":"mySecret"}'

Load = Callable[..., Composer]


def definition(sql: str, *, name: str = "statuschange", attributes: str = "", arguments: str = "") -> str:
    return (
        f"<aptic_service_definition><category>webhook</category><name>{name}</name><steps>"
        f"<query {attributes}><![CDATA[{sql}]]>{arguments}</query></steps></aptic_service_definition>"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the guide's definition alone."""
    made = tmp_path / "definitions"
    made.mkdir()
    shutil.copy(ROOT / "definitions/ledgerpayment.xml", made)
    return made


@pytest.fixture(params=[Composer, ApartComposer])
def load(request: pytest.FixtureRequest, folder: Path, duckdb_ledger: str, forked_loading: None) -> Load:
    def loaded(**options: object) -> Composer:
        return request.param.load(folder, **{"ledger": duckdb_ledger, "ledger_schema": SCHEMA} | options)  # type: ignore[arg-type]

    return loaded


def test_the_guides_two_bodies(load: Load) -> None:
    with load() as composer:
        body = composer.compose("ledgerpayment", PAYMENT)
        assert body.fill("mySecret") == BODY
        assert body.definition is not None
        assert (body.definition.name, Path(body.definition.file).name) == ("ledgerpayment", "ledgerpayment.xml")
        default = composer.compose("statuschange", STATUS)
        assert default.fill("mySecret") == DEFAULT
        assert default.definition is None


def test_the_event_may_be_absent_from_the_message_but_not_another(load: Load) -> None:
    with load() as composer:
        assert composer.compose("statuschange", {"data": STATUS["data"]}).fill("mySecret") == DEFAULT
        with pytest.raises(BindingError, match="another event"):
            composer.compose("ledgerpayment", STATUS)


@pytest.mark.parametrize("message", [None, [], "text", {"data": None}, {"data": []}, {}])
def test_a_message_of_another_shape_is_a_binding_error(load: Load, message: object) -> None:
    with load() as composer:
        for event in ("statuschange", "ledgerpayment"):
            with pytest.raises(BindingError):
                composer.compose(event, message)  # type: ignore[arg-type]


def test_an_unknown_event_is_named(load: Load) -> None:
    with load() as composer, pytest.raises(UnknownEventError, match="'ledgerpaymnt'"):
        composer.compose("ledgerpaymnt", {"data": {}})


def test_no_row_is_retryable_and_names_its_place(load: Load) -> None:
    with load() as composer, pytest.raises(EmptyResultError) as caught:
        composer.compose("ledgerpayment", PAYMENT | {"data": PAYMENT["data"] | {"paymentid": "404"}})
    error = caught.value
    assert error.retryable
    assert (error.definition, error.step, error.line) == ("ledgerpayment", "1", 8)
    assert error.file is not None
    assert error.file.endswith("ledgerpayment.xml")


def test_a_site_without_definitions_sends_default_bodies(load: Load, folder: Path) -> None:
    (folder / "ledgerpayment.xml").unlink()
    with load() as composer:
        assert composer.compose("statuschange", STATUS).fill("mySecret") == DEFAULT
        assert composer.status().definitions == ()


def test_every_fault_of_every_file_is_raised_at_once(load: Load, folder: Path) -> None:
    (folder / "statuschange.xml").write_text(definition("select nosuch as x, 2 as x from dat_client"))
    (folder / "nosuchevent.xml").write_text(definition("select 1 as a", name="nosuchevent"))
    with pytest.raises(InvalidDefinitionError) as caught:
        load()
    rules = {(Path(found.file).name, found.rule) for found in caught.value.diagnostics}
    assert rules == {
        ("statuschange.xml", "duplicate-column"),
        ("statuschange.xml", "unknown-column"),
        ("nosuchevent.xml", "unknown-event"),
    }
    assert "2 of 3 definitions are faulty" in str(caught.value)


def test_a_body_can_be_kept_whatever_the_files_name_is(load: Load, folder: Path) -> None:
    name = os.fsdecode(b"status\xff.xml")
    try:
        (folder / name).write_text(definition("select 1 as a"))
    except OSError:
        pytest.skip("the file system takes no such name")
    with load() as composer:
        body = composer.compose("statuschange", STATUS)
    assert Body.load(body.dump()) == body


@pytest.mark.parametrize("sql", ["select * from dat_party", "select p.*, 1 as x from dat_party p"])
def test_an_outermost_star_is_a_finding_on_a_ledger_whose_columns_are_known(load: Load, folder: Path, sql: str) -> None:
    (folder / "statuschange.xml").write_text(definition(sql))
    with pytest.raises(InvalidDefinitionError) as caught:
        load()
    assert [found.rule for found in caught.value.diagnostics] == ["select-star"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ledger": "sqlite:///x.db"}, "SQLite"),
        ({"ledger": "nonsense"}, "URL"),
        ({"ledger": "oracle://x/y"}, "oracle"),
        ({"ledger_schema": "nowhere.sql"}, "nowhere.sql"),
        ({"events": "nowhere"}, "nowhere"),
        ({"time_zone": "Sweden"}, "IANA"),
        ({"databases": "aptic"}, r"\['aptic'\]"),
        ({"max_rows": 0}, "max_rows"),
        ({"max_rows": 2.5}, "whole number"),
        ({"max_rows": "5"}, "whole number"),
        ({"max_rows": 2**70}, "whole number"),
        ({"timeout": 0}, "timeout"),
        ({"on_invalid": "ignore"}, "on_invalid"),
    ],
)
def test_settings_that_cannot_work_are_named(load: Load, options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(**options)


def test_a_login_that_may_write_stops_the_load_where_the_ledger_is_there(folder: Path, postgres_ledger: str) -> None:
    with pytest.raises(ReadOnlyRequiredError) as caught:
        Composer.load(folder, ledger=postgres_ledger, ledger_schema=SCHEMA, require_read_only=True)
    assert caught.value.retryable
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    with Composer.load(folder, ledger=nowhere, ledger_schema=SCHEMA, require_read_only=True) as composer:
        assert not composer.status().connected


def test_a_missing_folder_is_named(tmp_path: Path, duckdb_ledger: str) -> None:
    with pytest.raises(ConfigurationError, match="nowhere is no folder"):
        Composer.load(tmp_path / "nowhere", ledger=duckdb_ledger, ledger_schema=SCHEMA)


def test_with_a_schema_file_no_ledger_is_needed_to_load(folder: Path, tmp_path: Path) -> None:
    missing = f"duckdb:///{tmp_path / 'later.duckdb'}"
    with Composer.load(folder, ledger=missing, ledger_schema=SCHEMA) as composer:
        assert composer.compose("statuschange", STATUS).fill("mySecret") == DEFAULT
        assert not composer.status().connected
        with pytest.raises(LedgerUnavailableError):
            composer.compose("ledgerpayment", PAYMENT)
    with pytest.raises(LedgerUnavailableError):
        Composer.load(folder, ledger=missing)


def test_the_schema_may_come_from_the_ledger(load: Load) -> None:
    with load(ledger_schema=None) as composer:
        assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
        assert any("strings may compare otherwise" in warning for warning in composer.status().warnings)


def test_max_rows_caps_a_many_step(load: Load, folder: Path) -> None:
    sql = "select clientid as id from dat_client order by clientid"
    (folder / "statuschange.xml").write_text(definition(sql, attributes='name="clients" result="many"'))
    with load(max_rows=3) as composer, pytest.raises(TooManyRowsError, match="cap of 3"):
        composer.compose("statuschange", STATUS)
    with load(max_rows=1000) as composer:
        assert composer.compose("statuschange", STATUS).fill(None).startswith(b'{"clients":[{"id":')


class TestHold:
    def test_a_faulty_definition_holds_its_event_and_no_other(self, load: Load, folder: Path) -> None:
        (folder / "statuschange.xml").write_text(definition("select nosuch from"))
        with load(on_invalid="hold") as composer:
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
            with pytest.raises(DefinitionUnavailableError, match=r"statuschange\.xml:1") as caught:
                composer.compose("statuschange", STATUS)
            assert caught.value.retryable
            states = {status.event: status.state for status in composer.status().definitions}
            assert states == {"ledgerpayment": DefinitionState.SERVING, "statuschange": DefinitionState.HELD}

    @pytest.mark.parametrize(
        "content", [b"", b"\xff\xfe\x00", b"<a", definition("select 1 as a", name="typo").encode()]
    )
    def test_an_unreadable_file_stands_for_the_event_that_it_is_named_after(
        self, load: Load, folder: Path, content: bytes
    ) -> None:
        (folder / "statuschange.xml").write_bytes(content)
        with load(on_invalid="hold") as composer:
            with pytest.raises(DefinitionUnavailableError):
                composer.compose("statuschange", STATUS)
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY

    def test_a_file_for_no_known_event_holds_every_event_without_a_readable_definition(
        self, load: Load, folder: Path
    ) -> None:
        (folder / "new.xml").write_bytes(b"<cut")
        with load(on_invalid="hold") as composer:
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
            with pytest.raises(DefinitionUnavailableError, match=r"new\.xml"):
                composer.compose("statuschange", STATUS)

    def test_two_definitions_of_one_event_hold_it(self, load: Load, folder: Path) -> None:
        shutil.copy(folder / "ledgerpayment.xml", folder / "copy.xml")
        with load(on_invalid="hold") as composer, pytest.raises(DefinitionUnavailableError):
            composer.compose("ledgerpayment", PAYMENT)


class TestReload:
    def test_a_new_version_serves_at_once(self, load: Load, folder: Path) -> None:
        with load() as composer:
            before = composer.compose("ledgerpayment", PAYMENT)
            file = folder / "ledgerpayment.xml"
            file.write_bytes(file.read_bytes().replace(b"as paidamount", b"as paid"))
            status = composer.reload()
            after = composer.compose("ledgerpayment", PAYMENT)
        assert before.fill("mySecret") == BODY
        assert after.fill("mySecret") == BODY.replace(b"paidamount", b"paid")
        assert after.definition is not None
        assert [found.content_hash for found in status.definitions] == [after.definition.content_hash]

    def test_a_version_that_became_faulty_keeps_the_last_good_one(self, load: Load, folder: Path) -> None:
        with load() as composer:
            for content in (
                definition("select nosuch", name="ledgerpayment"),
                "",
                definition("select 1 as a", name="typo"),
            ):
                (folder / "ledgerpayment.xml").write_text(content)
                (status,) = composer.reload().definitions
                assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
                assert status.state is DefinitionState.STALE
                assert status.reason is not None
                assert "ledgerpayment.xml:1:" in status.reason
                assert any("ledgerpayment" in warning for warning in composer.status().warnings)

    def test_a_faulty_file_stands_for_the_event_that_it_defined_before(self, load: Load, folder: Path) -> None:
        good = (folder / "ledgerpayment.xml").read_bytes()
        (folder / "ledgerpayment.xml").rename(folder / "payments.xml")
        (folder / "other.xml").write_text(definition("select 1 as a", name="casestatuschange"))
        with load() as composer:
            for content in (good[:-30], good.replace(b"<name>ledgerpayment", b"<name>statuschange")[:-30], b""):
                (folder / "payments.xml").write_bytes(content)
                composer.reload()
                assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
            (folder / "payments.xml").write_bytes(good)
            states = {status.event: status.state for status in composer.reload().definitions}
        assert states["ledgerpayment"] is DefinitionState.SERVING

    def test_a_folder_in_the_place_of_a_file_is_a_faulty_file(self, load: Load, folder: Path) -> None:
        (folder / "other.xml").write_text(definition("select 1 as a", name="casestatuschange"))
        with load() as composer:
            (folder / "ledgerpayment.xml").unlink()
            (folder / "ledgerpayment.xml").mkdir()
            composer.reload()
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
        with load(on_invalid="hold") as composer, pytest.raises(DefinitionUnavailableError):
            composer.compose("ledgerpayment", PAYMENT)

    def test_a_lost_folder_below_is_refused(self, load: Load, folder: Path, tmp_path: Path) -> None:
        (folder / "other.xml").write_text(definition("select 1 as a", name="casestatuschange"))
        site = tmp_path / "site"
        site.mkdir()
        (folder / "ledgerpayment.xml").rename(site / "ledgerpayment.xml")
        (folder / "site").symlink_to(site)
        with load() as composer:
            (site / "ledgerpayment.xml").rename(tmp_path / "kept.xml")
            with pytest.raises(ConfigurationError, match=r"site holds no definition any more.*remove the folder too"):
                composer.reload()
            site.rmdir()
            with pytest.raises(ConfigurationError, match="leads nowhere"):
                composer.reload()
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
            (folder / "site").unlink()
            assert "ledgerpayment: its definition was removed" in composer.reload().warnings[0]

    def test_an_event_that_left_the_catalogue_keeps_its_definition(
        self, load: Load, folder: Path, tmp_path: Path
    ) -> None:
        events = tmp_path / "events"
        events.mkdir()
        for code in ("moved", "other"):
            schema = {"title": code, "type": "object", "properties": {"id": {"type": "string"}}}
            (events / f"{code}.schema.json").write_text(json.dumps(schema))
        (folder / "moved.xml").write_text(definition("select 1 as a", name="moved"))
        message = {"data": {"id": "1"}}
        with load(events=events) as composer:
            (events / "moved.schema.json").unlink()
            warnings = composer.reload().warnings
            assert composer.compose("moved", message).fill(None) == b'{"a":1}'
            assert composer.compose("statuschange", STATUS).fill("mySecret") == DEFAULT
            assert any("moved keeps the last good version" in warning for warning in warnings)
            (events / "other.schema.json").rename(events / "more.schema.json")
            (events / "more.schema.json").write_text((events / "more.schema.json").read_text().replace("other", "more"))
            assert any("other is in no catalogue any more" in warning for warning in composer.reload().warnings)

    def test_a_new_faulty_definition_never_lets_the_default_body_out(self, load: Load, folder: Path) -> None:
        with load() as composer:
            assert composer.compose("statuschange", STATUS).fill("mySecret") == DEFAULT
            (folder / "statuschange.xml").write_text("<cut")
            composer.reload()
            with pytest.raises(DefinitionUnavailableError):
                composer.compose("statuschange", STATUS)

    def test_an_emptied_or_lost_folder_is_refused(self, load: Load, folder: Path) -> None:
        with load() as composer:
            (folder / "ledgerpayment.xml").rename(folder / "ledgerpayment.bak")
            with pytest.raises(ConfigurationError, match=r"lost mount.*restart"):
                composer.reload()
            shutil.rmtree(folder)
            with pytest.raises(ConfigurationError, match="no folder"):
                composer.reload()
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
            assert "The last reload failed" in composer.status().warnings[0]
            folder.mkdir()
            shutil.copy(ROOT / "definitions/ledgerpayment.xml", folder)
            assert not any("reload failed" in warning for warning in composer.reload().warnings)

    def test_a_lost_folder_lets_no_default_body_out_even_where_no_definition_was_good(
        self, load: Load, folder: Path
    ) -> None:
        (folder / "ledgerpayment.xml").rename(folder / "statuschange.xml")
        (folder / "statuschange.xml").write_text("<cut")
        with load(on_invalid="hold") as composer:
            (folder / "statuschange.xml").unlink()
            with pytest.raises(ConfigurationError, match="lost mount"):
                composer.reload()
            with pytest.raises(DefinitionUnavailableError):
                composer.compose("statuschange", STATUS)

    def test_a_faulty_definition_that_is_removed_is_warned_of(self, load: Load, folder: Path) -> None:
        (folder / "statuschange.xml").write_text("<cut")
        with load(on_invalid="hold") as composer:
            (folder / "statuschange.xml").unlink()
            assert any("statuschange: its definition was removed" in found for found in composer.reload().warnings)
            assert composer.compose("statuschange", STATUS).fill("mySecret") == DEFAULT

    def test_a_removed_definition_is_warned_of(
        self, load: Load, folder: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (folder / "statuschange.xml").write_text(definition("select 1 as a"))
        with load() as composer:
            (folder / "statuschange.xml").unlink()
            status = composer.reload()
            assert composer.compose("statuschange", STATUS).fill("mySecret") == DEFAULT
        assert any("statuschange" in warning and "removed" in warning for warning in status.warnings)
        assert "removed" in caplog.text

    def test_a_faulty_file_for_no_known_event_keeps_what_was_served(self, load: Load, folder: Path) -> None:
        with load() as composer:
            (folder / "ledgerpayment.xml").rename(folder / "other.xml")
            (folder / "other.xml").write_text("<cut")
            (status, *held) = composer.reload().definitions
            assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY
            assert {found.state for found in held} <= {DefinitionState.HELD, DefinitionState.STALE}
            assert status.reason is not None


def test_files_below_count_and_hidden_ones_do_not(load: Load, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "ledgerpayment.xml").rename(folder / "sub" / "ledgerpayment.XML")
    (folder / ".#ledgerpayment.xml").write_text("editor's lock")
    (folder / "..data").mkdir()
    shutil.copy(folder / "sub" / "ledgerpayment.XML", folder / "..data" / "ledgerpayment.xml")
    with load() as composer:
        assert composer.compose("ledgerpayment", PAYMENT).fill("mySecret") == BODY


def test_threads_share_a_composer_while_another_reloads(load: Load) -> None:
    wrong: list[object] = []
    with load() as composer:
        done = threading.Event()

        def compose() -> None:
            while not done.is_set():
                try:
                    if composer.compose("ledgerpayment", PAYMENT).fill("mySecret") != BODY:
                        wrong.append("bytes")
                except Exception as error:
                    wrong.append(error)

        threads = [threading.Thread(target=compose) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                composer.reload()
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert wrong == []


def test_a_closed_composer_says_so(load: Load) -> None:
    composer = load()
    composer.close()
    composer.close()
    with pytest.raises(LedgerUnavailableError, match="closed"):
        composer.compose("ledgerpayment", PAYMENT)


def test_explain_gives_the_same_body_and_tells_of_each_query(load: Load) -> None:
    seen: list[Execution] = []
    with load() as composer:
        assert composer.explain("ledgerpayment", PAYMENT, seen.append).fill("mySecret") == BODY
        assert composer.explain("statuschange", STATUS, seen.append).fill("mySecret") == DEFAULT
        with pytest.raises(EmptyResultError):
            composer.explain("ledgerpayment", PAYMENT | {"data": PAYMENT["data"] | {"paymentid": "404"}}, seen.append)
    counts = [(execution.values, None if execution.rows is None else len(execution.rows)) for execution in seen]
    assert counts == [((18142, 111927), 1), ((404, 111927), 0)]
    assert {Path(execution.file).name for execution in seen} == {"ledgerpayment.xml"}
