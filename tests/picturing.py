"""Pictures of pages, and their comparison with those that the repository keeps.

A kept picture has one pixel for each square of 4 pixels of the page. One of them differs where a colour does by more
than 24 of 255 levels; of a picture 0.1 % may, and its height may by 4 pixels. So another antialiasing of the same text
is no difference (other contrast and gamma gave at most 20 levels), and text that has moved by 3 pixels is one.

`make pictures` makes them anew, `APTIC_TEST_PICTURES=FOLDER` writes what was seen to FOLDER at its full size too.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from browsing import chromium
from needed import missing
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

FONTS: Final = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's fonts-dejavu-core, and what it needs, is."""

_NAMES: Final = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold")

KEPT: Final = Path(__file__).parent / "pictures"
SHOWN: Final = ("window/overview-1400-light", "window/delivery-1400-light", "studio/case-failed-1400-light")
"""What the documentation shows, at its full size."""

_ROOT: Final = Path(__file__).parents[1]
_DOCS: Final = _ROOT / "docs" / "how-to" / "pictures"
_SQUARE: Final = 4
_LEVELS: Final = 24
_PART: Final = 0.001
_HIGHEST: Final = 2400  # pixels of a page
_QUIET: Final = "document.addEventListener('readystatechange', () => (document.body.dataset.every = 10000000))"

_DRAWN: Final = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
"""Ends once the page has been drawn with what was set before."""

# Any name is DejaVu, drawn without what depends on the screen.
_FONTCONFIG: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>FOLDER</dir>
  <cachedir prefix="xdg">aptic-pictures</cachedir>
  <match target="pattern"><test name="family" qual="any" compare="contains"><string>mono</string></test>
    <edit name="family" mode="assign" binding="strong"><string>DejaVu Sans Mono</string></edit></match>
  <match target="pattern"><test name="family" qual="all" compare="not_eq"><string>DejaVu Sans Mono</string></test>
    <edit name="family" mode="assign" binding="strong"><string>DejaVu Sans</string></edit></match>
  <match target="font">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


LOOKS: Final = tuple(Look(width, scheme) for width in (1400, 800, 360) for scheme in ("light", "dark"))


@contextmanager
def painter(folder: Path) -> Iterator[Browser]:
    """A browser whose one font is DejaVu; its files are in `folder`."""
    if not all((FONTS / f"{name}.ttf").is_file() for name in _NAMES):
        missing("fonts-dejavu-core is not installed")
    own = folder / "fonts"
    own.mkdir()
    for name in _NAMES:  # without others of the family that are installed
        (own / f"{name}.ttf").symlink_to(FONTS / f"{name}.ttf")
    fonts = folder / "fonts.conf"
    fonts.write_text(_FONTCONFIG.replace("FOLDER", str(own)), "utf-8")
    given = {"FONTCONFIG_FILE": str(fonts), "XDG_CACHE_HOME": str(folder)}
    with chromium("--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb", **given) as browser:
        yield browser


def still(page: Page) -> None:
    """Has a page of this context stay as it was loaded; call it before."""
    page.add_init_script(_QUIET)
    page.set_default_timeout(120_000)  # a busy machine draws slowly


@dataclass
class Gallery:
    """The kept pictures of one program, in the folder of that name. `faults` tells what differs."""

    program: str
    faults: list[str] = field(default_factory=list)

    def see(self, page: Page, name: str, looks: tuple[Look, ...] = LOOKS) -> None:
        """Compares the page, as each look has it, with the picture of that name; on a user's machine, one look."""
        is_whole = os.environ.get("CI") or _written()
        for each in looks if is_whole else looks[:1]:
            page.set_viewport_size({"width": each.width, "height": 740 if each.width < 500 else 900})
            page.emulate_media(color_scheme=each.scheme)  # type: ignore[arg-type]  a literal, to the library
            page.evaluate(_DRAWN)
            height = min(_HIGHEST, page.evaluate("document.documentElement.scrollHeight"))
            clip = {"x": 0, "y": 0, "width": each.width, "height": height}
            self._judge(f"{name}-{each}", partial(page.screenshot, full_page=True, clip=clip))

    def _judge(self, name: str, see: Callable[[], bytes]) -> None:
        content = see()
        seen = _opened(content)
        file = KEPT / self.program / f"{name}.png"
        if folder := _written():
            _write(seen, file, folder / self.program / file.name, content)
        elif not file.is_file():
            self.faults.append(f"{file.name} is not kept: run `make pictures`, and look at it")
        elif (why := difference(seen, _read(file))) and difference(_opened(see()), _read(file)):
            self.faults.append(f"{file.name}: {why}")  # twice: the browser may still have been laying it out anew

    def close(self) -> None:
        """Fails the test where a picture differs."""
        if self.faults:
            pytest.fail(
                "\n".join([*self.faults, "If it is meant so: `make pictures`, look at each, and commit them."]),
                pytrace=False,
            )


def difference(seen: Image.Image, kept: Image.Image) -> str | None:
    """In what way a page is no more as its kept picture shows it; None where it is."""
    small = seen.reduce(_SQUARE)
    if small.width != kept.width or abs(small.height - kept.height) > 1:
        size = (kept.width * _SQUARE, kept.height * _SQUARE)
        return f"it has {seen.width} by {seen.height} pixels, and had {size[0]} by {size[1]}"
    box = (0, 0, kept.width, min(small.height, kept.height))
    bands = ImageChops.difference(small.crop(box), kept.convert("RGB").crop(box)).split()
    worst = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point(lambda level: level > _LEVELS)
    count, most = worst.histogram()[1], _PART * box[2] * box[3]
    return None if count <= most else f"{count} of its squares are other, of which {most:.0f} may; {worst.getbbox()}"


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def _read(file: Path) -> Image.Image:
    return Image.open(io.BytesIO(file.read_bytes()))


def _written() -> Path | None:
    """Where what is seen is written to, at its full size."""
    folder = os.environ.get("APTIC_TEST_PICTURES")
    return None if folder is None else _ROOT / folder


def _write(seen: Image.Image, kept: Path, whole: Path, content: bytes) -> None:
    for file in (kept, whole):
        file.parent.mkdir(parents=True, exist_ok=True)
    whole.write_bytes(content)
    if kept.is_file() and not difference(seen, _read(kept)):  # or each run would change every file
        return
    small = seen.reduce(_SQUARE).quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(kept, optimize=True)
    if (name := f"{kept.parent.name}/{kept.stem}") in SHOWN:
        _DOCS.mkdir(exist_ok=True)
        seen.quantize(64, dither=Image.Dither.NONE).save(_DOCS / f"{name.replace('/', '-')}.png", optimize=True)
