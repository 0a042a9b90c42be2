"""Marks in generated files are found again at the line and column where the author's editor shows them."""

import codecs
import random
import re

import pytest

from engine.model import Position
from engine.parsing import parse
from engine.parsing.reader import MAX_PIECES

ENCODINGS = {
    "UTF-8": ("utf-8", b"", "åäö€ 漢字 \U0001f4b6\x85\u2028\xa0"),
    "UTF-8 with a mark": ("utf-8", codecs.BOM_UTF8, "åäö€ 漢字 \U0001f4b6\x85\u2028\xa0"),
    "UTF-16LE": ("utf-16-le", codecs.BOM_UTF16_LE, "åäö€ 漢字 \U0001f4b6"),
    "UTF-16BE": ("utf-16-be", codecs.BOM_UTF16_BE, "åäö€ 漢字 \U0001f4b6"),
    "ISO-8859-1": ("latin-1", b"", "åäöÅÄÖ\xa0\xb5"),
    "ISO-8859-15": ("iso-8859-15", b"", "åäöÅÄÖ€\xa0"),
    "windows-1252": ("cp1252", b"", "åäöÅÄÖ€…\xa0"),
    "US-ASCII": ("ascii", b"", "aao"),
}
LINE_ENDS = ("\n", "\r\n", "\r")
MARK = re.compile(r"@(\d+)@")
FILES = 45  # of each encoding and line end, with some ten marks each


def _expected(source: str, index: int) -> Position:
    """Slow and obvious: walk to the index, a line at a time."""
    line = column = 1
    position = 0
    while position < index:
        if source.startswith("\r\n", position):
            line, column, position = line + 1, 1, position + 2
        elif source[position] in "\r\n":
            line, column, position = line + 1, 1, position + 1
        else:
            column, position = column + 1, position + 1
    return Position(line, column)


class _Author:
    """Writes a file at random, with numbered marks in the SQL."""

    def __init__(self, seed: int, letters: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  # repeatable, no secret
        self._letters = letters
        self._marks = 0

    def file(self, declared: str) -> str:
        name = declared.partition(" with")[0].replace("16LE", "16").replace("16BE", "16")
        spread = f"\n  name\n=\n'{self._letters[0]}'\n  result = \"one\"  "
        attributes = self._any(["", ' name="a"', spread])
        arguments = "".join(self._argument() for _ in range(self._random.randrange(4)))
        return (
            f'<?xml version="1.0" encoding="{name}"?>\n<!-- {self._letters}\n -->\n<aptic_service_definition>\n'
            f"  <category>webhook</category>{self._blank()}<name>x</name>\n<steps>{self._blank()}<query{attributes}>"
            f"{''.join(self._piece() for _ in range(self._random.randrange(1, 9)))}{arguments}</query></steps>"
            f"<body>{''.join(self._piece() for _ in range(3))}</body></aptic_service_definition>\n"
        )

    def _any(self, choices: list[str]) -> str:
        return self._random.choice(choices)

    def _blank(self) -> str:
        return "".join(self._random.choices(" \t\n", k=self._random.randrange(4)))

    def _mark(self) -> str:
        self._marks += 1
        return f"@{self._marks}@"

    def _words(self) -> str:
        letters = [*self._letters, *"select ? as\n\n\t'x' "]
        words = ["".join(self._random.choices(letters, k=self._random.randrange(12))) for _ in range(3)]
        return f"{words[0]}{self._mark()}{words[1]}{self._any(['', self._mark()])}{words[2]}"

    def _piece(self) -> str:
        cdata = f"<![CDATA[{self._words()} < & ]] > {self._words()}]]>"
        noise = self._any(["<!-- ? -->", "<?pi ?\n?>", "<!--\n\n-->", "&lt;", "&#10;", "&#xe5;", "&amp;&amp;", ""])
        return self._any([self._words(), cdata, noise + self._words(), cdata + cdata, self._words() + noise])

    def _argument(self) -> str:
        quote = self._any(['"', "'"])
        default = self._any(["", f" default{self._blank()}=\n{quote}{self._mark()}\n{self._letters}&lt;{quote}"])
        source = f"{self._blank()} source{self._blank()}={self._blank()}{quote}{self._mark()}{quote}"
        parts = [default, source, ' \n type = "int"']
        self._random.shuffle(parts)
        return f"<argument{''.join(parts)}{self._blank()}/>{self._blank()}"


@pytest.mark.parametrize("line_end", LINE_ENDS, ids=repr)
@pytest.mark.parametrize("declared", ENCODINGS)
def test_marks_are_found_in_the_authors_file(declared: str, line_end: str) -> None:
    codec, mark, letters = ENCODINGS[declared]
    checks = 0
    for seed in range(FILES):
        source = _Author(seed, letters).file(declared).replace("\n", line_end)
        parsed = parse(mark + source.encode(codec), "f.xml")
        assert parsed.diagnostics == ()
        assert parsed.definition is not None
        assert parsed.definition.body is not None
        assert parsed.text == source
        (step,) = parsed.definition.steps
        places = {found[0]: _expected(source, found.start()) for found in MARK.finditer(source)}
        found = {hit[0]: text.position(hit.start()) for text in (step.sql, parsed.definition.body)
                 for hit in MARK.finditer(text.value)}  # fmt: skip
        for argument in step.arguments:
            found[argument.source_text] = argument.source_position
            if argument.default is not None and argument.default_position is not None:
                found[argument.default.partition(" ")[0]] = argument.default_position
        assert found == places
        checks += len(places)
    assert checks > 10_000 / len(ENCODINGS) / len(LINE_ENDS)


def test_every_character_of_the_sql_has_its_place() -> None:
    head = "<aptic_service_definition><steps><query>"
    source = f"{head}a\r\nb<![CDATA[c\rd]]><!-- x\n -->e&lt;f</query></steps></aptic_service_definition>"
    parsed = parse(source.encode(), "f.xml")
    assert parsed.definition is not None
    sql = parsed.definition.steps[0].sql
    first = len(head) + 1
    places = {"a": (1, first), "b": (2, 1), "c": (2, 11), "d": (3, 1), "e": (4, 5), "<": (4, 6), "f": (4, 10)}
    assert sql.value == "a\nb" + "c\nd" + "e<f"
    assert {character: sql.position(offset) for offset, character in enumerate(sql.value) if character != "\n"} == {
        character: Position(*place) for character, place in places.items()
    }
    assert sql.position(1) == Position(1, first + 1)
    assert sql.position(len(sql.value)) == Position(4, 11)


def test_elements_and_the_name_have_their_places() -> None:
    content = (
        b"<aptic_service_definition>\n<name>\n  statuschange </name>\n <steps>\n\t<query\nname=\n'a'/></steps>"
        b"</aptic_service_definition>"
    )
    definition = parse(content, "f.xml").definition
    assert definition is not None
    assert definition.name == "statuschange"
    assert definition.name_position == Position(3, 3)
    assert definition.steps[0].position == Position(5, 2)
    assert definition.steps[0].name_position == Position(7, 2)


def test_a_long_cdata_section_has_its_places_whatever_the_parser_holds_back() -> None:
    lines = [f"{'å' * (number % 90)}@{number}@" for number in range(900)] + ["x" * 20_000 + "@900@", "", "@901@"]
    source = f"<aptic_service_definition><steps><query>\n  <![CDATA[{chr(10).join(lines)}]]> @902@</query></steps>"
    source += "</aptic_service_definition>"
    definition = parse(source.encode(), "f.xml").definition
    assert definition is not None
    sql = definition.steps[0].sql
    assert sql.value.count("@") == 2 * 903
    for hit in MARK.finditer(sql.value):
        assert sql.position(hit.start()) == _expected(source, source.index(hit[0])), hit[0]


@pytest.mark.parametrize(
    ("line", "count"), [("x\n", MAX_PIECES // 2), ("\n", MAX_PIECES), ("\nå\n\n", MAX_PIECES // 4)], ids=repr
)
@pytest.mark.parametrize(("opening", "closing"), [("", ""), ("<![CDATA[", "]]>")], ids=["text", "CDATA"])
def test_the_first_piece_too_many_is_named(line: str, count: int, opening: str, closing: str) -> None:
    allowed = f"<a>{opening}{line * count}"
    assert not parse(f"{allowed}{closing}</a>".encode(), "f.xml").diagnostics
    (fault,) = parse(f"{allowed}last\n{closing}</a>".encode(), "f.xml").diagnostics
    assert "lines or pieces" in fault.message
    assert Position(fault.line, fault.column) == _expected(allowed, len(allowed))
