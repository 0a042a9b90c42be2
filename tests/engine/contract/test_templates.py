"""The contract of templates: of each that is written here, and of ones by chance, all that they render fits it."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from contract_bodies import faults
from examples import examples
from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.contract.schemas import is_open, null_schema, open_schema, or_null
from engine.contract.shape import object_schema
from engine.contract.structure import template_schema
from engine.contract.values import fixed_number, secret_schema
from engine.encoding import HOLE
from engine.model import Skip
from engine.template import RenderingError, parse_template

Json = dict[str, Any]
INT: Json = {"type": "integer"}
STRING: Json = {"type": "string"}
ROW = object_schema({"x": or_null(INT), "y": STRING})
NAMES: dict[str, Json] = {
    "n": INT,
    "m": or_null(INT),
    "s": or_null(STRING),
    "d": or_null(fixed_number(2)),
    "b": {"type": "boolean"},
    "lines": {"type": "array", "items": ROW, "maxItems": 5},
    "row": or_null(ROW),
    "event": {"type": "string", "const": "e"},
    "data": open_schema(),
    "secret": secret_schema(),
}
NAMES["default"] = object_schema({name: NAMES[name] for name in ("n", "m", "lines")})


def schema_of(text: str) -> Json:
    return template_schema(text, NAMES, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"a": {{ n }}, "b": [1, "x", null, true]}',
            object_schema(
                {
                    "a": INT,
                    "b": {
                        "type": "array",
                        "prefixItems": [
                            {"type": "integer", "const": 1},
                            {"type": "string", "const": "x"},
                            null_schema(),
                            {"type": "boolean", "const": True},
                        ],
                        "items": False,
                        "minItems": 4,
                        "maxItems": 4,
                    },
                }
            ),
        ),
        ("{{ default }}", NAMES["default"]),
        ('{"e": {{ event }}, "secret": {{ secret }}}', object_schema({"e": NAMES["event"], "secret": secret_schema()})),
        ("{% if b %}{{ n }}{% else %}{{ s }}{% endif %}", {"anyOf": [INT, STRING, null_schema()]}),
        ('{"a": {% if b %}1{% else %}2{% endif %}}', object_schema({"a": {"type": "integer", "enum": [1, 2]}})),
        ('{% if b %}{% skip "no" %}{% endif %}{"a": {{ n }}}', object_schema({"a": INT})),
        (
            '{"a": 1{% if b %}, "c": {{ n }}{% endif %}}',
            {
                "anyOf": [
                    object_schema({"a": {"type": "integer", "const": 1}, "c": INT}),
                    object_schema({"a": {"type": "integer", "const": 1}}),
                ]
            },
        ),
        (
            '[{% for l in lines %}{"x": {{ l.x }}}{% if not loop.last %},{% endif %}{% endfor %}]',
            {"type": "array", "items": object_schema({"x": or_null(INT)}), "maxItems": 5},
        ),
        (
            "[0{% for l in lines %}, {{ l.y }}{% endfor %}]",
            {
                "type": "array",
                "items": {"anyOf": [{"type": "integer", "const": 0}, STRING]},
                "minItems": 1,
                "maxItems": 6,
            },
        ),
        ("{{ row.x }}", or_null(INT)),
        ("{{ lines | first }}", or_null(ROW)),
        ("{{ lines[0].y }}", STRING),
        ("{{ data.data.x }}", {"x-open": True}),
        ("{{ m | default(0, true) }}", {"anyOf": [INT, {"type": "integer", "const": 0}]}),
        ("{{ s | upper }}", or_null(STRING)),
        ("{{ n ~ s }}", STRING),
        ("{{ lines | length }}", {"type": "integer", "minimum": 0}),
        ("{{ d | round(1) }}", or_null(fixed_number(1))),
        ("{{ d + n }}", or_null(fixed_number(2))),
        ("{{ n / 3 }}", {"type": "number"}),
        ("{{ n > 3 }}", {"type": "boolean"}),
        ("{{ n if b else none }}", or_null(INT)),
        ('{"a": "x{% if b %}y{% endif %}"}', {"x-open": True}),
        ("[{% for l in lines %}1{% endfor %}]", {"x-open": True}),
        ("{ {{ s }}: 1 }", {"x-open": True}),
        ('{% skip "never" %}', {"not": {}, "description": "Nothing is ever sent."}),
    ],
)
def test_a_templates_contract_is_that_of_its_structure(text: str, expected: Json) -> None:
    assert schema_of(text) == expected


def test_many_ways_through_an_object_make_its_members_optional() -> None:
    text = "{ " + ",".join(f'{{% if b %}}"m{number}": 1{{% endif %}}' for number in range(6)) + ', "k": 2}'
    found = schema_of(text)
    assert found["required"] == ["k"]
    assert list(found["properties"]) == [*(f"m{number}" for number in range(6)), "k"]


@pytest.mark.parametrize(
    "text",
    ["{ " + "".join(f'{{% if b %}}"m{n}": 1,{{% endif %}}' for n in range(300)) + '"k": 1}', "[" * 99 + "]" * 99],
)
def test_a_template_of_very_many_ways_ends_in_something(text: str) -> None:
    schema_of(text)


class Maker:
    """Makes a template by chance. What it writes need not be JSON on every way through it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._loops = 0

    def value(self, depth: int = 0) -> str:
        kinds = [self._expression, self._expression, self._literal]
        if depth < 4:
            kinds += [self._object, self._object, self._array, self._if]
        made = self._random.choice(kinds)
        return made(depth + 1)

    def _literal(self, _depth: int) -> str:
        return self._random.choice(["1", "-2.50", "true", "null", '"t"', '"é\\n"', "0", "1e2"])

    def _expression(self, _depth: int) -> str:
        names = ["n", "m", "s", "d", "b", "row", "row.x", "lines", "default", "event", "secret", "data.k", "lines[0].x"]
        if self._loops:
            names += ["l", "l.x", "l.y", "loop.index", "loop.first"] * 2
        name = self._random.choice(names)
        if name == "secret":
            return "{{ secret }}"
        other = self._random.choice(["n", "m", "d", "3", "0.5", "s", "'q'"])
        forms = [
            name,
            name,
            f"{name} | default({other})",
            f"{name} | default({other}, true)",
            f"{name} + {other}",
            f"{name} - {other}",
            f"-{name}",
            f"{name} / {other}",
            f"{name} // {other}",
            f"{name} ~ {other}",
            f"{name} == {other}",
            f"{name} and {other}",
            f"{name} or {other}",
            f"not {name}",
            f"{name} | string",
            f"{name} | round(1)",
            f"{name} | round",
            f"{name} | int",
            f"{name} | length",
            f"{name} if b else {other}",
            f"{name} is none",
            "lines | first",
            "(lines | last).x",
        ]
        return "{{ " + self._random.choice(forms) + " }}"

    def _test(self) -> str:
        return self._random.choice(["b", "m", "s is none", "n > 2", "lines"] + ["loop.first"] * (self._loops > 0))

    def _if(self, depth: int) -> str:
        test = self._test()
        otherwise = self._random.choice(["", f"{{% else %}}{self.value(depth)}"])
        skip = self._random.choice(["", "", "", '{% elif m %}{% skip "no" %}'])
        return f"{{% if {test} %}}{self.value(depth)}{skip}{otherwise}{{% endif %}}"

    def _object(self, depth: int) -> str:
        members = []
        for number in range(self._random.randint(0, 3)):
            member = f'"{self._random.choice("abcde")}{number}": {self.value(depth)}'
            is_chosen = self._random.random() < 0.3
            members.append(f"{{% if {self._test()} %}}{member}{{% endif %}}" if is_chosen else member)
        joined = members[0] if members else ""
        for member in members[1:]:
            joined += self._random.choice([f", {member}", f",{member}"])
        if self._random.random() < 0.3:
            comma = "," if members else ""
            joined += f'{{% if {self._test()} %}}{comma} "z": {self.value(depth)}{{% endif %}}'
        return "{" + joined + "}"

    def _array(self, depth: int) -> str:
        if self._random.random() < 0.4:
            return "[" + ", ".join(self.value(depth) for _ in range(self._random.randint(0, 3))) + "]"
        rows = self._random.choice(["lines", "lines", "default.lines"])
        condition = self._random.choice(["", "", " if l.x"])
        self._loops += 1
        body = self.value(depth)
        self._loops -= 1
        comma = self._random.choice(["{% if not loop.last %},{% endif %}", "{{ '' if false else 1 }}", ""])
        before = self._random.choice(["", f"{self._literal(depth)}, "])
        otherwise = self._random.choice(["", f"{{% else %}}{self.value(depth)}"])
        return f"[{before}{{% for l in {rows}{condition} %}}{body}{comma}{otherwise}{{% endfor %}}]"


def context_of(random: Random) -> dict[str, object]:
    rows = [
        {"x": random.choice([None, 1, -7]), "y": random.choice(["", "Ö"])} for _ in range(random.choice([0, 1, 2, 5]))
    ]
    names: dict[str, object] = {
        "n": random.choice([0, 3, -1]),
        "m": random.choice([None, 0, 12]),
        "s": random.choice([None, "", "text", "12"]),
        "d": random.choice([None, Decimal("1.50"), Decimal("-0.01")]),
        "b": random.choice([True, False]),
        "lines": rows,
        "row": random.choice([None, {"x": None, "y": "q"}]),
        "event": "e",
        "data": {"k": random.choice([1, "v", None, [1]])},
        "secret": HOLE,
    }
    return names | {"default": {name: names[name] for name in ("n", "m", "lines")}}


def test_what_a_template_by_chance_renders_fits_its_contract() -> None:
    counts = {"tried": 0, "rendered": 0, "closed": 0}

    @given(seed=st.integers(0, 2**32))
    @settings(max_examples=examples(3000))
    def fits(seed: int) -> None:
        """One template, rendered over six contexts."""
        random = Random(seed)  # noqa: S311  it rolls dice
        text = Maker(random).value()
        template = parse_template(text).template
        counts["tried"] += 1
        if template is None:
            return
        schema = schema_of(text)
        note(text)
        note(str(schema))
        counts["closed"] += not is_open(schema)
        for _ in range(6):
            try:
                parts = template.render(context_of(random))
            except RenderingError:
                continue
            if not isinstance(parts, Skip):
                counts["rendered"] += 1
                assert faults(schema, b"null".join(parts)) == []

    fits()
    assert counts["rendered"] > counts["tried"], "most were rendered"
    assert counts["closed"] * 2 > counts["tried"], "most had a contract"
