"""`make docs` and `make check`: writes the generated pages of the docs, or says which of them are out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generating import PAGES
from generating.transcripts import pages_with_commands, replayed

DOCS = Path(__file__).parent
ROOT = DOCS.parent


def main() -> int:
    """Exit code 1 where `--check` finds a page that is not what the code and the commands give now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Writes nothing; exit code 1 where a page differs.")
    is_check = parser.parse_args().check
    outdated = 0
    for path, text in _current().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        outdated += 1
        if is_check:
            print(f"{path.relative_to(ROOT)} differs from what it is made from")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path.relative_to(ROOT)}")
    if is_check and outdated:
        print("`make docs` writes these pages; read the changes before you commit them.", file=sys.stderr)
    return 1 if is_check and outdated else 0


def _current() -> dict[Path, str]:
    """Each page as it should be: made from the code, or its commands' output as it is now."""
    made = {DOCS / "reference" / f"{name}.md": make() for name, make in PAGES.items()}
    return made | {page: replayed(page, ROOT) for page in pages_with_commands(ROOT) if page not in made}


if __name__ == "__main__":
    sys.exit(main())
