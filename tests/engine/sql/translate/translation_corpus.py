"""Every statement of the tables of cases, and statements made of their pieces."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

from engine.sql.query import parse_query

HERE = Path(__file__).parent


def table(name: str) -> Any:
    return tomllib.loads((HERE / name).read_text("utf-8"))


VALUES = [case[0] for group in table("value_cases.toml")["group"] for case in group["cases"]]
REFUSED = [case[0] for group in table("refused_cases.toml")["group"] for case in group["cases"]]
QUERIES = [case["sql"] for case in table("query_cases.toml")["case"]]
SEEDS = [
    text if text.startswith(("SELECT", "WITH")) else f"SELECT {text} AS v FROM sample t" for text in [*VALUES, *REFUSED]
]
SEEDS += QUERIES


def pieces(sql: str) -> list[str]:
    found = parse_query(sql)
    assert found.query is not None, sql
    return [sql[token.start : token.end] for token in found.query.tokens]


TOKENS = [pieces(sql) for sql in SEEDS if parse_query(sql).query is not None]
EVERY = sorted({token for tokens in TOKENS for token in tokens})


def mutated(seed: int) -> str:
    """A statement of the corpus with pieces of it, or of another one, put elsewhere."""
    source = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    tokens = list(source.choice(TOKENS))
    for _ in range(source.randint(1, 3)):
        place = source.randrange(len(tokens))
        other = source.choice(TOKENS)
        start = source.randrange(len(other))
        match source.randint(0, 4):
            case 0:
                tokens[place] = source.choice(EVERY)
            case 1:
                tokens[place:place] = other[start : start + source.randint(1, 6)]
            case 2:
                del tokens[place : place + source.randint(1, 3)]
            case 3:
                tokens[place : place + 1] = ["(", *other[start : start + 5], ")"]
            case _:
                tokens.insert(place, source.choice(EVERY))
        tokens = tokens or ["SELECT"]
    return " ".join(tokens)
