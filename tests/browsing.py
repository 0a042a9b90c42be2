"""A real browser: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
from needed import missing
from playwright.sync_api import Browser, Page, sync_playwright

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@contextmanager
def chromium(*options: str, **environment: str) -> Iterator[Browser]:
    """A browser that loads nothing from elsewhere."""
    program = shutil.which("chromium") or missing("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu", *options], env={**os.environ, **environment}
        )
        yield browser
        browser.close()


def complaints_of(page: Page) -> list[str]:
    """What the page's scripts and policies complain of; it grows while the page is used."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


def violations(page: Page) -> list[Any]:
    """What axe-core finds on a page, under the page's own policy: rule, and where."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run()")
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found["violations"]]
