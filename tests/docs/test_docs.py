"""What the documentation says is so: its pages are current, its commands and code run, its links lead somewhere."""

from __future__ import annotations

import inspect
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree

import engine
from authoring.cli.main import COMMANDS
from engine import Composer, EngineError, LedgerUnavailableError
from engine.catalogue import Catalogue
from engine.commandline.options import Parser
from engine.model import ArgumentType, Dialect
from engine.resources import definition_schema
from engine.sql.translate import Translation
from engine.template import FILTERS
from engine.validation.rules import rules
from webhooks.cli.main import COMMANDS as SERVICE_COMMANDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
SCHEMA = ROOT / "fixtures" / "ledger" / "schema.sql"
LANGUAGE = REFERENCE / "definition-language.md"
PAGES = [path for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md") if path.exists()]
PAGES += sorted(DOCS.rglob("*.md"))
IN_CHECKOUT = (ROOT / "CONTRIBUTING.md").exists()

sys.path.insert(0, str(DOCS))
import generate  # noqa: E402  docs/ is no package
import generating as generated  # noqa: E402
from generating import portability, transcripts  # noqa: E402


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `setup` has the names that a comment before it asks for, None without such a comment."""

    page: Path
    language: str
    text: str
    setup: list[str] | None

    def __str__(self) -> str:
        return f"{self.page.stem}: {self.text.strip().partition(chr(10))[0]}"


_BLOCK = re.compile(r"(?:^<!-- setup: ([\w ]+) -->\n+)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(language: str, pages: list[Path] = PAGES) -> Iterator[Block]:
    for page in pages:
        for setup, found, text in _BLOCK.findall(text_of(page)):
            if found == language:
                yield Block(page, found, text, setup.split() or None)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ------------------------------------------------------------------------------------------------- generated pages


@pytest.mark.parametrize("name", generated.PAGES)
def test_generated_page_is_current(name: str) -> None:
    assert text_of(REFERENCE / f"{name}.md") == generated.PAGES[name](), "run `make docs` and read the changes"


@pytest.mark.parametrize("page", transcripts.pages_with_commands(ROOT), ids=relative)
def test_commands_print_what_the_page_shows(page: Path) -> None:
    assert text_of(page) == transcripts.replayed(page, ROOT), "run `make docs` and read the changes"


def run_generate(monkeypatch: pytest.MonkeyPatch, current: dict[Path, str], *options: str) -> int:
    monkeypatch.setattr(generate, "_current", lambda: current)
    monkeypatch.setattr(generate, "ROOT", next(iter(current)).parent)
    monkeypatch.setattr(sys, "argv", ["generate.py", *options])
    return generate.main()


def test_check_names_the_pages_that_differ_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    same, other, missing = (tmp_path / name for name in ("same.md", "other.md", "missing.md"))
    same.write_text("a\n", encoding="utf-8")
    other.write_text("b\n", encoding="utf-8")
    current = {same: "a\n", other: "c\n", missing: "d\n"}
    assert run_generate(monkeypatch, current, "--check") == 1
    assert capsys.readouterr().out.splitlines() == [
        "other.md differs from what it is made from",
        "missing.md differs from what it is made from",
    ]
    assert not missing.exists()
    assert run_generate(monkeypatch, current) == 0
    assert run_generate(monkeypatch, current, "--check") == 0
    assert missing.read_text(encoding="utf-8") == "d\n"


def test_a_transcript_keeps_durations_and_shows_other_differences(tmp_path: Path) -> None:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "fixtures").mkdir()
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file: note.txt -->\n```text\ntook 7.3 ms\nand more\n```\n"
        "<!-- edit: note.txt: more => less -->\n"
        "```console\n$ cd definitions\n$ export A=../note.txt\n"
        "$ head -1 $A\ntook 1.0 ms\n$ tail -1 $A\nand more\n"
        '$ export B="$PWD/../note.txt"\n$ cd ..\n$ tail -1 $B\n```\n',
        encoding="utf-8",
    )
    replayed = transcripts.replayed(page, tmp_path)
    assert "took 1.0 ms\n$ tail" in replayed
    assert "$ tail -1 $A\nand less\n" in replayed
    assert replayed.endswith("$ tail -1 $B\nand less\n```\n")


def test_an_edit_that_finds_nothing_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "fixtures").mkdir()
    page = tmp_path / "page.md"
    page.write_text("<!-- file: note.txt -->\n```text\na\n```\n<!-- edit: note.txt: b => c -->\n", encoding="utf-8")
    with pytest.raises(ValueError, match="0 times"):
        transcripts.replayed(page, tmp_path)


# ------------------------------------------------------------------------------------------------------------ links

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@cache
def anchors(page: Path) -> set[str]:
    """The fragments of a page's headings, as GitHub makes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S), re.M):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return set(found)


def links(page: Path) -> list[str]:
    # Links whose text is code keep their target: only the code itself is taken out.
    text = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return [link for link in _LINK.findall(re.sub(r"`[^`\n]*`", "code", text)) if "://" not in link]


@pytest.mark.skipif(not IN_CHECKOUT, reason="links are looked up in a checkout")
@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        name, _, fragment = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (fragment and target.suffix == ".md" and fragment not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_is_reachable_from_the_index() -> None:
    index = DOCS / "index.md"
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links(index)}
    assert set(DOCS.rglob("*.md")) - {index} <= linked


def test_the_index_has_the_four_kinds() -> None:
    assert anchors(DOCS / "index.md") >= {"tutorial", "how-to", "reference", "explanation"}


# ----------------------------------------------------------------------------------------------------------- README


def test_the_readmes_definition_and_body_are_the_projects_own() -> None:
    readme = [ROOT / "README.md"]
    definition = (ROOT / "definitions" / "ledgerpayment.xml").read_text(encoding="iso-8859-1")
    without_declaration = re.sub(r"<\?xml.*?\?>\s*", "", definition.replace("\r\n", "\n"))
    bare = re.sub(r"<aptic_service_definition[^>]*>", "<aptic_service_definition>", without_declaration)
    (shown,) = blocks("xml", readme)
    assert shown.text.strip() == bare.strip()
    (body,) = blocks("json", readme)
    assert body.text.strip().encode() == (ROOT / "fixtures" / "ledgerpayment" / "guide" / "body.json").read_bytes()


def test_the_readme_says_first_what_comes_first() -> None:
    languages = [found[1] for found in _BLOCK.findall(text_of(ROOT / "README.md"))]
    assert languages[:4] == ["sh", "xml", "json", "python"]


# ------------------------------------------------------------------------------------------------------- Python code


@dataclass(frozen=True, slots=True)
class Registration:
    url: str
    secret: str | None


def guide_message() -> dict[str, Any]:
    message: dict[str, Any] = json.loads((ROOT / "fixtures/ledgerpayment/guide/event.json").read_text("utf-8"))
    message.pop("secret")
    return message


@pytest.fixture
def stand_ins(duckdb_ledger: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the examples take as given: a composer, an event, registrations, and a `post` that notes its calls."""
    monkeypatch.chdir(ROOT)
    sent: list[tuple[str, bytes]] = []
    with Composer.load("definitions", ledger=duckdb_ledger) as composer:
        yield {
            "composer": composer,
            "message": guide_message(),
            "registrations": [Registration("https://a.example", "mySecret"), Registration("https://b.example", None)],
            "post": lambda url, content: sent.append((url, content)),
            "sent": sent,
        }


def run(block: Block, ledger: str, names: dict[str, Any]) -> dict[str, Any]:
    """Runs an example with the embedded ledger for its own."""
    code = re.sub(r'"postgresql\+psycopg://[^"]*"', lambda _: json.dumps(ledger), block.text)
    code = code.replace('"schema.sql"', '"fixtures/ledger/schema.sql"')
    exec(compile(code, relative(block.page), "exec"), names)  # noqa: S102  it is our own documentation
    return names


def test_the_readmes_python_sends_the_guides_body(duckdb_ledger: str, stand_ins: dict[str, Any]) -> None:
    (block,) = blocks("python", [ROOT / "README.md"])
    lines = [line for line in block.text.splitlines() if line and not line.startswith(("from ", "import "))]
    assert len(lines) <= 5
    run(block, duckdb_ledger, stand_ins)["composer"].close()
    body = (ROOT / "fixtures" / "ledgerpayment" / "guide" / "body.json").read_bytes()
    assert stand_ins["sent"] == [
        ("https://a.example", body),
        ("https://b.example", body.replace(b'"mySecret"', b"null")),
    ]


@pytest.mark.parametrize("block", list(blocks("python")), ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.text, relative(block.page), "exec")


@pytest.mark.parametrize("block", [block for block in blocks("python") if block.setup], ids=str)
def test_python_runs(block: Block, duckdb_ledger: str, stand_ins: dict[str, Any]) -> None:
    assert set(block.setup or ()) <= stand_ins.keys()
    given = stand_ins["composer"]
    made = run(block, duckdb_ledger, stand_ins)["composer"]
    if made is not given:
        made.close()
    if "registrations" in (block.setup or ()):
        assert [url for url, _ in stand_ins["sent"]] == ["https://a.example", "https://b.example"]


class Dispatcher:
    """The dispatcher's example, and what it was seen to do with a message."""

    def __init__(self, ledger: str, names: dict[str, Any]) -> None:
        found = blocks("python", [DOCS / "how-to" / "dispatcher.md"])
        (block,) = (block for block in found if "registrations" in (block.setup or ()))
        self._names = names
        self._sent: list[object] = names["sent"]
        self._done: list[tuple[str, str]] = []
        for name in ("later", "give_up"):
            names[name] = lambda _message, error, name=name: self._done.append((name, type(error).__name__))
        names["skipped"] = lambda _message, reason: self._done.append(("skipped", reason))
        run(block, ledger, names)

    def dispatch(self, message: object, *, waited: int = 0, **instead: object) -> tuple[str, str]:
        """What was done with a message that is not sent."""
        before = len(self._sent)
        self._done.clear()
        self._names |= instead
        self._names["dispatch"](message, waited)
        assert len(self._sent) == before
        (done,) = self._done
        return done


@pytest.fixture
def dispatcher(duckdb_ledger: str, stand_ins: dict[str, Any]) -> Dispatcher:
    return Dispatcher(duckdb_ledger, stand_ins)


@pytest.mark.parametrize("event", [{}, {"event": None}, {"event": ["ledgerpayment"]}, {"event": "nosuchevent"}])
def test_the_dispatcher_gives_up_a_message_of_no_event(dispatcher: Dispatcher, event: dict[str, Any]) -> None:
    assert dispatcher.dispatch({**event, "data": {}}) == ("give_up", "UnknownEventError")


def test_the_dispatcher_waits_for_a_commit_but_not_for_ever(dispatcher: Dispatcher) -> None:
    message = guide_message()
    message["data"]["paymentid"] = "1"
    assert dispatcher.dispatch(message) == ("later", "EmptyResultError")
    assert dispatcher.dispatch(message, waited=3600) == ("give_up", "EmptyResultError")


def test_the_dispatcher_keeps_what_somebody_must_mend(dispatcher: Dispatcher, tmp_path: Path) -> None:
    (tmp_path / "ledgerpayment.xml").write_text("<faulty", encoding="utf-8")
    with Composer.load(tmp_path, ledger="duckdb:///none", ledger_schema=SCHEMA, on_invalid="hold") as held:
        done = dispatcher.dispatch(guide_message(), waited=10**6, composer=held)
    assert done == ("later", "DefinitionUnavailableError")


def test_the_dispatcher_posts_nothing_where_a_secret_cannot_be_written(dispatcher: Dispatcher) -> None:
    registrations = [Registration("https://a.example", "mySecret"), Registration("https://b.example", "\ud800")]
    assert dispatcher.dispatch(guide_message(), registrations=registrations) == ("give_up", "EncodingError")


def test_the_dispatcher_records_what_is_not_to_be_sent(dispatcher: Dispatcher) -> None:
    case = ROOT / "fixtures" / "servicechange" / "skipped"
    message = json.loads((case / "event.json").read_text("utf-8"))
    assert dispatcher.dispatch(message) == ("skipped", (case / "skip.txt").read_text("utf-8").strip())


# ----------------------------------------------------------------------------------- what the reference must mention


def test_every_rule_is_explained() -> None:
    assert anchors(REFERENCE / "rules.md") >= rules().keys()


def test_every_exported_name_is_described() -> None:
    described = text_of(REFERENCE / "python.md") + text_of(REFERENCE / "errors.md")
    assert [name for name in engine.__all__ if f"`{name}`" not in described] == []


def options() -> set[str]:
    """Every long option of every command of all programs."""
    found = {"--help", "--version"}
    for command in (*COMMANDS.values(), *SERVICE_COMMANDS.values()):
        parser = Parser(command.name, "", "")
        command.add_options(parser)
        found |= {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    return found


def test_every_option_is_described() -> None:
    described = text_of(REFERENCE / "commands.md") + text_of(REFERENCE / "service.md")
    assert [option for option in options() if option not in described] == []


OTHER_PROGRAMS = {
    *("--set", "--dbname", "--file"),  # psql
    *("--noout", "--schema"),  # xmllint
    *("--wheel", "--wheel-dir", "--no-index", "--find-links"),  # build and pip
    *("--check", "--strict", "--seed"),
    "--ended",  # benchmarks.million
    *("--rm", "--detach", "--name", "--publish", "--env", "--follow", "--interactive"),  # podman
    *("--read-only", "--tmpfs", "--env-file", "--stop-timeout"),
    *("--pty", "--uid", "--property", "--setenv", "--now"),  # systemd
    "--reference",  # chown
    *("--ignore-scripts", "--install-extension"),  # npm and VS Code
}
OF_THE_TESTS = {"APTIC_TEST_SQLSERVER_URL"}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_options_in_the_docs_exist(page: Path) -> None:
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text_of(page)), *re.findall(r"```.*?```", text_of(page), re.S)])
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", code))
    assert named <= options() | OTHER_PROGRAMS


def test_variables_in_the_docs_are_options() -> None:
    known = {"APTIC_" + option[2:].upper().replace("-", "_") for option in options()}
    named = {name for page in sorted(DOCS.rglob("*.md")) for name in re.findall(r"\bAPTIC_[A-Z_]*[A-Z]", text_of(page))}
    assert named <= known | OF_THE_TESTS | {"APTIC_KEYS"}


def test_make_targets_in_the_docs_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z]+)\b", text_of(page), re.MULTILINE)}
    assert {"demo", "test", "check", "docs"} <= named <= targets


def test_every_element_attribute_and_value_of_the_schema_is_described() -> None:
    described = text_of(REFERENCE / "schema.md")
    xs = "{http://www.w3.org/2001/XMLSchema}"
    schema = etree.fromstring(definition_schema())
    names = [f"`<{node.get('name')}>`" for node in schema.iter(xs + "element")]
    names += [f"`{node.get('name')}`" for node in schema.iter(xs + "attribute")]
    names += [f"`{node.get('value')}`" for node in schema.iter(xs + "enumeration")]
    assert [name for name in names if name not in described] == []


def test_every_event_is_described() -> None:
    assert anchors(REFERENCE / "events.md") >= Catalogue.load().events.keys()


# -------------------------------------------------------------------------------------------- the language's reference


def section(number: int) -> str:
    parts = re.split(r"^## (\d+)\. ", text_of(LANGUAGE), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[str(number)]


def test_the_language_has_its_sections() -> None:
    assert re.findall(r"^## (\d+)\. .+$", text_of(LANGUAGE), re.MULTILINE) == [str(n) for n in range(1, 12)]


def test_sections_named_in_the_code_exist() -> None:
    sources = Path(engine.__file__).parent.rglob("*.py")
    named = {int(n) for path in sources for n in re.findall(r"section (\d+)", path.read_text(encoding="utf-8"))}
    assert named <= set(range(1, 12))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (2, [type_.value for type_ in ArgumentType]),
        (5, list(FILTERS)),
        (9, list(COMMANDS)),
    ],
)
def test_the_language_names_all(number: int, words: list[str]) -> None:
    assert [word for word in words if not re.search(rf"[`(\s]{word}\b", section(number))] == []


def test_the_languages_event_schema_can_be_loaded(tmp_path: Path) -> None:
    (block,) = (found for found in blocks("json", [LANGUAGE]) if '"title"' in found.text)
    (tmp_path / "ledgerpayment.schema.json").write_text(block.text, encoding="utf-8")
    event = Catalogue.load(tmp_path).events["ledgerpayment"]
    assert [(argument.name, argument.required) for argument in event.arguments] == [
        ("paymentid", True),
        ("note", False),
    ]


# ---------------------------------------------------------------------------------------------------------- how-tos


def test_the_dispatchers_table_has_every_error() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", text_of(DOCS / "how-to" / "dispatcher.md"), re.MULTILINE)
    bases = {"EngineError", "LedgerError", "ResultError"}
    errors = {name: getattr(engine, name) for name in engine.__all__}
    expected = {
        name: "yes" if cls.retryable else "no"
        for name, cls in errors.items()
        if inspect.isclass(cls) and issubclass(cls, EngineError) and name not in bases
    }
    assert dict(rows) == expected


def test_the_dispatchers_table_has_every_parameter() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", text_of(DOCS / "how-to" / "dispatcher.md"), re.MULTILINE)
    parameters = inspect.signature(Composer.load).parameters.keys() - {"folder"}
    assert parameters <= set(rows)


@pytest.mark.parametrize("block", list(blocks("json")), ids=str)
def test_json_is_json(block: Block) -> None:
    for line in [block.text] if block.text.startswith("{\n") else block.text.splitlines():
        json.loads(line)


@pytest.mark.parametrize(
    "block", [block for block in blocks("xml") if "<aptic_service_definition" in block.text], ids=str
)
def test_definitions_in_the_docs_are_well_formed(block: Block) -> None:
    if "</aptic_service_definition>" in block.text:
        etree.fromstring(block.text.encode())


def test_the_problem_matcher_understands_a_finding() -> None:
    (pattern,) = re.findall(r'"regexp": ("[^\n]+"),', text_of(DOCS / "how-to" / "editor.md"))
    tutorial = text_of(DOCS / "tutorial" / "first-definition.md")
    found = [re.match(json.loads(pattern), line) for line in tutorial.splitlines()]
    assert [match.groups() for match in found if match] == [
        (
            "definitions/instalmentpaid.xml",
            "14",
            "11",
            "error",
            "The table `dat_instalment` (here `i`) has no column `paidamout`.",
            "unknown-column",
        ),
        (
            "definitions/instalmentpaid.xml",
            "26",
            "36",
            "error",
            "The event `instalmentpaid` has no argument `instalmentId`.",
            "unknown-argument",
        ),
    ]


WAYS_OUT: list[tuple[str, str, tuple[ArgumentType, ...]]] = [
    ("collate Latin1_General_100_BIN2", "SELECT id FROM sample ORDER BY name COLLATE Latin1_General_100_BIN2", ()),
    ("`amount / cast(3 as int)`", "amount / cast(3 as int)", ()),
    ("`amount / 3.0`", "amount / 3.0", ()),
    ("`cast(amount / 3.0 as decimal(19, 2))`", "cast(amount / 3.0 as decimal(19, 2))", ()),
    ("| `ratio`, as it is", "ratio", ()),
    ("`concat(ref, id)`", "concat(ref, id)", ()),
    ("`born = '20260131'`", "SELECT id FROM sample WHERE born = '20260131'", ()),
    ("`ref like 'a%' or ref like 'b%'", "SELECT id FROM sample WHERE ref LIKE 'a%' OR ref LIKE 'b%'", ()),
    ("`at >= cast(? as datetime)`", "SELECT id FROM sample WHERE at >= cast(? as datetime)", (ArgumentType.DATETIME,)),
]


@pytest.mark.parametrize(("shown", "sql", "arguments"), WAYS_OUT, ids=[way[0] for way in WAYS_OUT])
@pytest.mark.parametrize("dialect", [Dialect.POSTGRESQL, Dialect.DUCKDB])
def test_ways_out_are_carried(shown: str, sql: str, arguments: tuple[ArgumentType, ...], dialect: Dialect) -> None:
    assert shown in text_of(DOCS / "how-to" / "portability.md")
    assert isinstance(portability.translated(sql, dialect, arguments), Translation)


@pytest.mark.parametrize("dialect", [Dialect.POSTGRESQL, Dialect.DUCKDB])
def test_quotients_have_the_scales_that_the_how_to_says(dialect: Dialect) -> None:
    scales = {}
    for sql in ("amount / 3.0", "amount / cast(3 as int)", "cast(amount / 3.0 as decimal(19, 2))"):
        translation = portability.translated(sql, dialect, ())
        assert isinstance(translation, Translation)
        scales[sql] = translation.columns[0].scale
    assert list(scales.values()) == [6, 13, 2]
    assert "`amount / 3.0` has six" in text_of(DOCS / "how-to" / "portability.md")


@pytest.mark.parametrize("sql", ["ratio * 2", "sum(ratio)", "cast(ratio as decimal(9, 4))", "dbo.f(id)"])
@pytest.mark.parametrize("dialect", [Dialect.POSTGRESQL, Dialect.DUCKDB])
def test_what_the_how_tos_call_refused_is(sql: str, dialect: Dialect) -> None:
    (fault,) = portability.translated(sql, dialect, ())
    assert fault.rule == "portability"


def test_a_refused_login_is_told_as_the_how_to_says(postgres_url: str) -> None:
    from sqlalchemy import make_url

    stranger = make_url(postgres_url).set(username=f"nobody_{uuid4().hex[:12]}")
    with pytest.raises(LedgerUnavailableError, match="cannot be reached, or refuses the login") as raised:
        Composer.load("definitions", ledger=stranger)
    assert raised.value.code is None
    assert "`LedgerUnavailableError … cannot be reached, or refuses the login`" in text_of(
        DOCS / "how-to" / "postgresql.md"
    )


def run_by_psql(script: str, database: str, password: str) -> None:
    """As the how-to says; the script comes from standard input, with another login in it."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    how_to = text_of(DOCS / "how-to" / "postgresql.md")
    (command,) = re.findall(r"^psql (.+) --file docs/how-to/postgresql-login\.sql$", how_to, re.MULTILINE)
    options = command.replace("change-me", shlex.quote(password)).replace("--dbname ledger", f"--dbname {database}")
    subprocess.run([psql, "--quiet", *shlex.split(options), "--file", "-"], input=script, text=True, check=True)


def test_a_ledger_connected_as_the_how_to_says_accepts_require_read_only(postgres_ledger: str) -> None:
    """The login script, views of the tables' names, and the URL's login."""
    import psycopg
    from sqlalchemy import make_url

    login, password = f"reader_{uuid4().hex[:12]}", """it's "my" :password"""
    script = (DOCS / "how-to" / "postgresql-login.sql").read_text(encoding="utf-8").replace("ledger_reader", login)
    owner = postgres_ledger.replace("+psycopg", "", 1)
    reader = make_url(postgres_ledger).set(username=login, password=password)
    with psycopg.connect(owner, autocommit=True) as connection:
        try:
            run_by_psql(script, owner, password)
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
            ).fetchall():
                connection.execute(f'CREATE VIEW webhook_views."{name}" AS SELECT * FROM public."{name}"'.encode())
            with Composer.load(
                ROOT / "definitions", ledger=reader, ledger_schema=SCHEMA, require_read_only=True
            ) as composer:
                body = composer.compose("ledgerpayment", guide_message()).fill("mySecret")
                assert composer.status().write_rights == ()
            assert body == (ROOT / "fixtures" / "ledgerpayment" / "guide" / "body.json").read_bytes()
        finally:
            connection.execute(b"DROP SCHEMA IF EXISTS webhook_views CASCADE")
            connection.execute(f"DROP OWNED BY {login}; DROP ROLE {login}".encode())


def test_modules_of_the_docs_are_small() -> None:
    for path in [DOCS / "generate.py", *(DOCS / "generating").glob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
