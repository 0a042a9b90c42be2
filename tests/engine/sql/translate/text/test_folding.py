"""The fold by which strings compare, over every character of the basic plane, on both ledgers and in Python."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from translation_ledgers import Ledger, opened_ledgers

from engine.model import SQL_SERVER_DEFAULT, Kind, SqlType
from engine.sql.translate.text.case_mapping import CAPITALS, SMALLS
from engine.sql.translate.text.replacing import letter_class
from engine.sql.translate.text.strings import fold_case, folded
from engine.sql.translate.writers import WRITERS

NVARCHAR = SqlType(Kind.NVARCHAR, collation=SQL_SERVER_DEFAULT)
VARCHAR = SqlType(Kind.VARCHAR, collation=SQL_SERVER_DEFAULT)
PLANE = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
CODE_PAGE = [bytes([code]).decode("cp1252") for code in range(1, 256) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)]


@pytest.fixture(scope="module")
def ledgers() -> Iterator[list[Ledger]]:
    with opened_ledgers() as opened:
        for ledger in opened:
            text = WRITERS[ledger.dialect].text
            ledger.rows(f"CREATE TABLE letters (letter {text})")
            ledger.rows(
                f"INSERT INTO letters SELECT letter FROM unnest(CAST($1 AS {text}[])) AS t(letter)",
                [PLANE],
            )
        yield opened


def folds_of(ledger: Ledger, type_: SqlType, sql: str = "letter") -> dict[str, str]:
    rows = ledger.rows(f"SELECT letter, {fold_case(WRITERS[ledger.dialect], sql, type_)} FROM letters")
    return dict(rows)


def test_folds_every_character_alike_and_to_one(ledgers: list[Ledger]) -> None:
    expected = {letter: folded(letter) for letter in PLANE}
    assert all(len(key) == 1 for key in expected.values())
    for ledger in ledgers:
        found = folds_of(ledger, NVARCHAR)
        assert {letter: (found[letter], key) for letter, key in expected.items() if found[letter] != key} == {}


def test_folds_a_character_alike_whatever_stands_beside_it(ledgers: list[Ledger]) -> None:
    # A final sigma is another letter than one within a word, for ICU alone.
    for ledger in ledgers:
        alone = folds_of(ledger, NVARCHAR)
        for beside in ("A", " ", "\u03a3"):
            found = folds_of(ledger, NVARCHAR, f"'{beside}' || letter || '{beside}'")
            key = folded(beside)
            assert [letter for letter in PLANE if found[letter] != key + alone[letter] + key] == []


def test_folds_a_code_page_as_the_whole(ledgers: list[Ledger]) -> None:
    for ledger in ledgers:
        whole, page = folds_of(ledger, NVARCHAR), folds_of(ledger, VARCHAR)
        assert [letter for letter in CODE_PAGE if whole[letter] != page[letter]] == []


def test_finds_for_replace_exactly_the_letters_that_fold_alike() -> None:
    alike = defaultdict(set)
    for letter in PLANE:
        alike[folded(letter)].add(letter)
    for letter in PLANE:
        expected = {other for other in alike[folded(letter)] if re.fullmatch(letter_class(letter), other)}
        assert expected == alike[folded(letter)], letter


def test_pairs_each_capital_with_its_small_letter() -> None:
    assert len(CAPITALS) == len(SMALLS) == len(set(CAPITALS)) == len(set(SMALLS))
    assert all(small.upper() == capital for capital, small in zip(CAPITALS, SMALLS, strict=True))
    assert all(capital.lower() == small for capital, small in zip(CAPITALS, SMALLS, strict=True))
