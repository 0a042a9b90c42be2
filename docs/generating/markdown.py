"""What the generated pages share: tables, code, links into the language's reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import dedent

NOTE = "<!-- Made by docs/generate.py from {source}. Change that, then run `make docs`. -->"
LANGUAGE = Path(__file__).parent.parent / "reference" / "definition-language.md"

_SECTION = re.compile(r"\(?definition language, section (\d+)(?:, [a-z] to [a-z])?\)?")


def document(title: str, source: str, *parts: str) -> str:
    """A whole page: the note that it is generated, its title, and the parts with a blank line between them."""
    return "\n\n".join((NOTE.format(source=source), f"# {title}", *(part.strip("\n") for part in parts))) + "\n"


def prose(text: str) -> str:
    """A paragraph or several from an indented string of the code."""
    return dedent(text).strip()


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are Markdown."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def code(text: str) -> str:
    """Text in backticks, as many as it needs."""
    fence = "``" if "`" in text else "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(text: str, language: str = "") -> str:
    """A fenced block."""
    return f"```{language}\n{text.strip(chr(10))}\n```"


def anchor(heading: str) -> str:
    """The fragment by which a heading can be linked to, as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return kept.replace(" ", "-")


def with_links(text: str) -> str:
    """References to sections of the definition language as links to them."""
    return _SECTION.sub(_link, text)


def _link(found: re.Match[str]) -> str:
    number = found[1]
    heading = next(line[3:] for line in _language_headings() if line.startswith(f"## {number}. "))
    link = f"[definition language, section {number}](definition-language.md#{anchor(heading)})"
    return f"({link})" if found[0].startswith("(") else link


def _language_headings() -> list[str]:
    return [line for line in LANGUAGE.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
