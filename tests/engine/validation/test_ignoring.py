"""Comments that ignore a rule: in which element, with which reason, and what they can never hide."""

from pathlib import Path

import pytest

from engine import Composer, InvalidDefinitionError
from engine.catalogue import Catalogue
from engine.loading import load_content, load_files
from engine.model import Dialect, LoadedFile
from engine.sql.ddl import read_schema
from engine.sql.target import Target
from engine.validation.rules import rules

CATALOGUE = Catalogue.load()
SCHEMA = read_schema("create table dbo.t (id int not null, name nvarchar(9) null)").schema
UNORDERED = "select top 1 id as a from dbo.t"


def loaded(text: str, *, has_schema: bool = False, dialect: Dialect = Dialect.SQL_SERVER) -> LoadedFile:
    path = Path("statuschange.xml")
    return load_content(path, text.encode(), CATALOGUE, Target(dialect, SCHEMA if has_schema else None))


def definition(*queries: str, before: str = "", body: str = "") -> str:
    inside = "\n".join(queries)
    return (
        f"{before}<aptic_service_definition><category>webhook</category><name>statuschange</name><steps>\n"
        f"{inside}\n</steps>{body}</aptic_service_definition>"
    )


def query(sql: str, more: str = "") -> str:
    return f"<query><![CDATA[{sql}]]>{more}</query>"


def ignore(names: str = "unordered-top", reason: str = " because any row will do") -> str:
    return f"<!-- aptic: ignore {names}{reason} -->"


def found(file: LoadedFile) -> list[str]:
    return [each.rule for each in file.diagnostics]


def test_a_comment_ignores_a_rule_in_the_element_behind_it_and_nowhere_else() -> None:
    file = loaded(definition(ignore(), query(UNORDERED), query("select top 1 id as b from dbo.t")))
    assert [(each.rule, each.line) for each in file.diagnostics] == [("unordered-top", 4)]
    (ignored,) = file.ignored
    assert (ignored.rule, ignored.line, ignored.ignored_because) == ("unordered-top", 3, "any row will do")
    assert file.compiled is not None


@pytest.mark.parametrize(
    "text",
    [
        definition(query(UNORDERED), before=ignore()),
        definition(ignore("many-unordered , unordered-top", " because\n  any row\n will do"), query(UNORDERED)).replace(
            "<query>", '<query name="n" result="many">'
        ),
        definition(ignore() + "<!-- and this is for people -->\n\n", query(UNORDERED)),
        definition(f"{ignore()}{query(UNORDERED)}").replace("\n", "\r\n"),
        definition(ignore("type-mismatch"), ignore(), query(UNORDERED)),
    ],
)
def test_it_may_stand_before_any_element_name_several_rules_and_be_on_several_lines(text: str) -> None:
    file = loaded(text)
    assert not file.diagnostics
    assert {each.ignored_because for each in file.ignored} == {"any row will do"}


def test_before_an_argument_it_is_for_the_argument_s_own_attributes_only() -> None:
    argument = '<argument source="$data.data.nosuch" type="int"/>'
    sql = "select ? as a, ? as b"
    file = loaded(definition(query(sql, f"{ignore('unknown-argument')}{argument}{argument}")))
    assert (found(file), len(file.ignored)) == (["unknown-argument"], 1)


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        (ignore(reason=""), "gives no reason"),
        (ignore(reason=" because "), "gives no reason"),
        (ignore("", " because so"), "names no rule"),
        (ignore("a" + ",a" * 10), "more than 10"),
        ("<!-- aptic: disable unordered-top because so -->", "is not understood"),
        (ignore("nosuch"), "`nosuch` is no rule"),
        (ignore("dirty-read"), "Nothing here needs that dirty-read is ignored"),
    ],
)
def test_a_comment_without_effect_is_a_finding(comment: str, says: str) -> None:
    file = loaded(definition(comment, query("select 1 as a")))
    assert found(file) == ["unused-suppression"]
    assert says in file.diagnostics[0].message
    assert file.compiled is not None


@pytest.mark.parametrize(
    "text",
    [
        definition(query("select 1 as a"), ignore()),
        definition(query(f"select 1 as a]]>{ignore()}<![CDATA[, 2 as b")),
        definition(query("select 1 as a"), body=f"<body>{{}}{ignore()}</body>"),
        definition(query("select 1 as a")) + ignore(),
    ],
)
def test_a_comment_before_no_element_is_a_finding(text: str) -> None:
    file = loaded(text)
    assert found(file) == ["unused-suppression"]
    assert "before no element" in file.diagnostics[0].message


def test_a_misspelt_rule_is_mended() -> None:
    file = loaded(definition(ignore("unorderd-top"), query("select 1 as a")))
    (fault,) = file.diagnostics
    assert fault.replacement is not None
    assert (fault.replacement.text, fault.column) == ("unordered-top", len("<!-- aptic: ignore ") + 1)


@pytest.mark.parametrize("rule", sorted(name for name, rule in rules().items() if not rule.can_be_ignored))
def test_no_comment_hides_a_rule_that_cannot_be_ignored(rule: str) -> None:
    file = loaded(definition(query("delete from dbo.t"), before=ignore(rule)))
    assert "unused-suppression" in found(file)
    assert "read-only" in found(file)
    assert not file.ignored
    assert file.compiled is None


def test_what_needs_the_schema_is_called_unneeded_only_with_one() -> None:
    text = definition(ignore("unknown-column"), query("select id as a from dbo.t"))
    assert found(loaded(text)) == []
    assert found(loaded(text, has_schema=True)) == ["unused-suppression"]
    assert found(loaded(definition(ignore("portability"), query("select 1 as a")), has_schema=True)) == []


def test_nothing_is_called_unneeded_beside_an_error() -> None:
    assert found(loaded(definition(ignore("dirty-read"), query("select from where")))) == ["sql-syntax"]


def test_an_error_that_the_ledger_would_tell_is_served_when_ignored() -> None:
    file = loaded(definition(ignore("unknown-column"), query("select newcolumn as a from dbo.t")), has_schema=True)
    assert (found(file), len(file.ignored)) == ([], 1)
    assert file.compiled is not None


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("duplicate-column", definition(query("select 1 as a, 2 as A"), before=ignore("duplicate-column"))),
        (
            "template-name",
            definition(query("select 1 as a"), body=f"{ignore('template-name')}<body>{{{{ b }}}}</body>"),
        ),
        ("argument-count", definition(ignore("argument-count"), query("select ? as a"))),
        ("select-star", definition(ignore("select-star"), query("select * from dbo.t"))),
    ],
)
def test_what_makes_no_right_body_is_never_served(tmp_path: Path, rule: str, text: str) -> None:
    file = loaded(text)
    assert (found(file), [each.rule for each in file.ignored]) == ([], [rule])
    assert file.compiled is None
    assert "kept out of service" in (file.ignored[0].hint or "")
    (tmp_path / "statuschange.xml").write_text(text)
    (tmp_path / "schema.sql").write_text("create table dbo.t (id int not null)")
    with pytest.raises(InvalidDefinitionError, match=rule):
        Composer.load(tmp_path, ledger=f"duckdb:///{tmp_path}/none.duckdb", ledger_schema=tmp_path / "schema.sql")


def test_a_finding_between_files_can_be_ignored(tmp_path: Path) -> None:
    for name, before in (("statuschange", ignore("duplicate-definition")), ("other", "")):
        (tmp_path / f"{name}.xml").write_text(definition(query("select 1 as a"), before=before))
    paths = [tmp_path / "statuschange.xml", tmp_path / "other.xml"]
    first, second = load_files(paths, CATALOGUE, Target(Dialect.SQL_SERVER))
    assert (found(first), found(second)) == ([], ["duplicate-definition", "file-name"])
    assert first.compiled is None


def test_a_file_has_a_hundred_such_comments_at_most() -> None:
    (fault,) = loaded(definition(ignore() * 101, query(UNORDERED))).diagnostics
    assert fault.message == "The file has more than 100 comments that begin with aptic:."
