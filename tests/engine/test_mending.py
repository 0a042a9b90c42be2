"""Mending files: byte for byte outside of what is mended, in every encoding, and never worse than before."""

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.catalogue import Catalogue
from engine.loading import load_content
from engine.mending import Mended, mend
from engine.model import Diagnostic, Dialect
from engine.parsing import edited
from engine.script import Script
from engine.sql.target import Target

ROOT = Path(__file__).parents[2]
TARGET = Target(Dialect.SQL_SERVER, Script.read(ROOT / "fixtures" / "ledger" / "schema.sql").schema().schema)
CATALOGUE = Catalogue.load()
SHIPPED = sorted((ROOT / "definitions").glob("*.xml"))
TEXT = """<?xml version="1.0" encoding="{encoding}"?>
<aptic_service_definition>
  <category>webhook</category>
  <name>ledgerpayment</name>
  <description>Åäö é</description>
  <steps>
    <query>
      <![CDATA[select t.tranamount as a /* å */ from dat_trans t where t.paymentid = ?]]>
      <argument source="$data.data.paymnetid" type="integer"/>
    </query>
  </steps>
</aptic_service_definition>
"""
ENCODINGS = [
    ("UTF-8", "utf-8", b""),
    ("UTF-8", "utf-8", codecs.BOM_UTF8),
    ("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
    ("UTF-16", "utf-16-be", codecs.BOM_UTF16_BE),
    ("ISO-8859-1", "latin-1", b""),
    ("windows-1252", "cp1252", b""),
]


def always(_: Diagnostic) -> bool:
    return True


@pytest.mark.parametrize(("name", "codec", "mark"), ENCODINGS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_byte_outside_of_the_ranges_stays(
    tmp_path: Path, name: str, codec: str, mark: bytes, line_end: str
) -> None:
    wrong = TEXT.format(encoding=name).replace("\n", line_end)
    right = wrong.replace("tranamount", "transamount").replace("paymnetid", "paymentid").replace("integer", "int")
    path = tmp_path / "ledgerpayment.xml"
    path.write_bytes(mark + wrong.encode(codec))
    done = mend(path, CATALOGUE, TARGET, always)
    assert isinstance(done, Mended)
    assert sorted(done.rules) == ["schema", "unknown-argument", "unknown-column"]
    assert path.read_bytes() == mark + right.encode(codec)
    assert not load_content(path, path.read_bytes(), CATALOGUE, TARGET).diagnostics
    assert mend(path, CATALOGUE, TARGET, always) is None


def test_an_encoding_without_the_character_is_left() -> None:
    content = TEXT.format(encoding="ISO-8859-1").encode("latin-1")
    assert edited(content, lambda text: text + "Ł") is None
    assert edited(content, lambda text: text) == content
    assert edited(b"\xff", lambda text: text) is None


SPOILS: list[Callable[[str], str]] = [
    lambda text: text.replace("$data.data", "data.data", 1),
    lambda text: text.replace('type="int"', 'type="integer"', 1),
    lambda text: text.replace(" from ", " form ", 1),
    lambda text: text.replace("select", "selec", 1),
    lambda text: text.replace("dat_trans ", "dat_tarns ", 1),
    lambda text: text.replace("transamount", "tranamount", 1),
    lambda text: text.replace("ledgeraccountid", "ledgeracountid"),
    lambda text: text.replace("<argument", "<argumnet", 1),
    lambda text: text.replace('"$secret"', '"secret"'),
    lambda text: text.replace(" as ", " ", 1),
    lambda text: text.replace("\n      <argument", "\n      <!-- <argument", 1).replace("/>", "/> -->", 1),
    lambda text: text.replace("{{", "{", 1),
    lambda text: text.replace('"', "“", 3),
    lambda text: text.replace("}", ",}", 1),
    lambda text: text.replace("<![CDATA[", "", 1).replace("]]>", "", 1),
    lambda text: text.replace("name", "nmae", 1),
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHIPPED), st.lists(st.sampled_from(SPOILS), max_size=4), st.booleans())
def test_whatever_is_mended_is_well_formed_no_worse_and_done(
    tmp_path_factory: pytest.TempPathFactory, source: Path, spoils: list[Callable[[str], str]], has_crlf: bool
) -> None:
    text = source.read_bytes().decode("latin-1")
    for spoil in spoils:
        text = spoil(text)
    if has_crlf:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    content = text.encode("latin-1", errors="xmlcharrefreplace")
    path = tmp_path_factory.mktemp("mended") / source.name
    path.write_bytes(content)
    before = load_content(path, content, CATALOGUE, TARGET)
    done = mend(path, CATALOGUE, TARGET, always)
    after = load_content(path, path.read_bytes(), CATALOGUE, TARGET)
    if done is None:
        assert path.read_bytes() == content
        return
    assert isinstance(done, Mended)
    etree.fromstring(path.read_bytes())
    assert "xml-syntax" not in {found.rule for found in after.diagnostics}
    assert after.definition is not None or before.definition is None
    assert all(found.replacement is None for found in after.diagnostics)
    assert mend(path, CATALOGUE, TARGET, always) is None
