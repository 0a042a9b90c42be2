from __future__ import annotations

from pathlib import Path

import pytest

from authoring.reading.formatting import applied, formatting
from engine.parsing import encode, parse

ROOT = Path(__file__).parents[3]
SHIPPED = sorted([*ROOT.glob("definitions/*.xml"), *ROOT.glob("fixtures/*/*/*.xml")])
UGLY = """<?xml version="1.0"?>
<aptic_service_definition  x = "1"   y='2' ><!-- hm
 keep --><category>webhook</category><name > a</name >
   <steps><query  name="q">
 select  1 <![CDATA[ <  2 ]]>
<argument   source="$secret"  type="int"  />   <!-- aptic: ignore x -->


        <argument source="y"
   type="int"/></query></steps><body>
 <![CDATA[  {{ x }}]]>
  </body><description>   </description></aptic_service_definition>
"""
NEAT = """<?xml version="1.0"?>
<aptic_service_definition x="1" y='2'><!-- hm
 keep -->
  <category>webhook</category>
  <name> a</name >
  <steps>
    <query name="q">
 select  1 <![CDATA[ <  2 ]]>
      <argument source="$secret" type="int"/>   <!-- aptic: ignore x -->


      <argument source="y"
   type="int"/>
    </query>
  </steps>
  <body>
 <![CDATA[  {{ x }}]]>
  </body>
  <description>   </description>
</aptic_service_definition>
"""


def neat(text: str) -> str:
    return applied(text, formatting(text))


def text_of(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_elements_are_put_at_their_places_and_nothing_else_changes(line_end: str) -> None:
    assert neat(UGLY.replace("\n", line_end)) == NEAT.replace("\n", line_end)
    assert formatting(NEAT.replace("\n", line_end)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_a_definition_says_stays(path: Path) -> None:
    text = text_of(path)
    squeezed = text.replace("\n  <", "\n<").replace("\n    <", "\n         <")
    for each in (text, squeezed):
        once = neat(each)
        assert formatting(once) == []
        before, after = parse(encode(each), "").definition, parse(encode(once), "").definition
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert [step.sql.value.rstrip() for step in after.steps] == [
                step.sql.value.rstrip() for step in before.steps
            ]
            assert (after.body and after.body.value) == (before.body and before.body.value)
            assert [a.source_text for s in after.steps for a in s.arguments] == [
                a.source_text for s in before.steps for a in s.arguments
            ]


@pytest.mark.parametrize(
    "text", ["", "<a>", "<a><b></a>", "plain", "<a/><b/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
)
def test_what_is_not_well_formed_stays(text: str) -> None:
    assert formatting(text) == []
