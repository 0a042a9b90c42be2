"""From a template and values to the bytes of a page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, PackageLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader

_MEDIA_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_HIDDEN: Final = {
    **{code: f"\\x{code:02x}" for code in (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))},
    **{code: f"\\u{code:04x}" for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


class Renderer:
    """The pages of one program: its own templates in `folder`, the shared ones beside them. Threads may share it."""

    def __init__(self, folder: Path, **everywhere: object) -> None:
        """`everywhere` are names that every template knows."""
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder), PackageLoader("pages")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(everywhere)
        self._environment.filters.update(
            plain=plain, moment=moment, clock=clock, number=number, duration=duration, size=size
        )

    def render(self, template: str, values: Mapping[str, object]) -> bytes:
        """The page."""
        return self._environment.get_template(f"{template}.html.jinja").render(values).encode("utf-8", "replace")


def plain(text: object) -> str:
    """Foreign text with what a screen would not show, or would turn round, made visible: `\\x1b`, `\\u202e`."""
    return str(text).translate(_HIDDEN)


def moment(time: datetime) -> str:
    """A time to the second, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def clock(time: datetime) -> str:
    """The time of day, in UTC."""
    return f"{time.astimezone(UTC):%H:%M}"


def number(value: float) -> str:
    """A number with its thousands apart."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it: `4 ms`, `1.5 s`, `3 min`, `5 h`, `2 days`."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    for unit, length in (("days", 86400), ("h", 3600)):
        if seconds >= 2 * length:
            return f"{timedelta(seconds=seconds) / timedelta(seconds=length):.0f} {unit}"
    return f"{seconds / 60:.0f} min"


def size(count: int) -> str:
    """A number of bytes in the unit that suits it."""
    return f"{count} bytes" if count < 10_000 else f"{count / 1024:,.0f} KiB"


def tag_of(content: bytes) -> str:
    """The ETag of a page (RFC 9110, section 8.8.3): another one where anything of it is other."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@cache
def static(name: str) -> tuple[bytes, str] | None:
    """A file that all pages share and its media type; None where there is none of that name."""
    kind = _MEDIA_TYPES.get(name.rpartition(".")[2])
    file = files("pages") / "static" / Path(name).name
    if kind is None or Path(name).name != name or not file.is_file():
        return None
    return file.read_bytes(), kind
