"""Commands in the docs with their output: what is shown is what the commands print.

In a page, `console` blocks hold lines `$ command` with the output below each. They are run in the page's order, in a
copy of the project. A comment before a block, `<!-- file: PATH -->`, writes the block to that file first; a comment
`<!-- edit: PATH: OLD => NEW -->` replaces a piece of text that the file has once.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import engine

_COPIED = ("definitions", "fixtures")
_PART = re.compile(
    r"^<!-- file: (?P<file>\S+) -->\n+```\w*\n(?P<content>.*?)^```$"
    r"|^<!-- edit: (?P<edited>\S+): (?P<old>.+?) => (?P<new>.*?) -->$"
    r"|^```console\n(?P<console>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COMMAND = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.*)$\n?", re.MULTILINE)
_DURATION = re.compile(r"\d+\.\d ms")
_PROGRAMS = {"aptic-definitions": "authoring.cli.main:main", "validate-definitions": "engine.cli.main:validate"}


def pages_with_commands(root: Path) -> list[Path]:
    """The pages that show commands."""
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [page for page in pages if "\n```console\n" in page.read_text(encoding="utf-8")]


def replayed(page: Path, root: Path) -> str:
    """The page's text with the output that its commands have now; durations stay as they were."""
    text = page.read_text(encoding="utf-8")
    with TemporaryDirectory() as folder:
        project = Path(folder) / "aptic-webhooks"
        project.mkdir()
        for name in _COPIED:
            shutil.copytree(root / name, project / name, ignore=shutil.ignore_patterns("__pycache__", "*.example.json"))
        shell = _Shell(project, _programs(Path(folder) / "bin"))
        return _PART.sub(lambda part: _played(part, shell), text)


def _programs(folder: Path) -> Path:
    """The commands, as an installation has them, for this interpreter."""
    folder.mkdir()
    place = Path(engine.__file__).parents[1]
    for name, entry in _PROGRAMS.items():
        module, _, function = entry.partition(":")
        script = f"import sys; sys.path.insert(0, {str(place)!r}); from {module} import {function} as run"
        path = folder / name
        words = shlex.join([sys.executable, "-u", "-c", f"{script}; sys.exit(run())"])
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")  # a path may hold blanks
        path.chmod(0o755)
    return folder


class _Shell:
    """Runs one command after another; a change of folder and exported variables last."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._variables = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "100",
            "HOME": str(folder),
        }

    def path(self, name: str) -> Path:
        """A file of the docs, from where the commands stand."""
        return self._folder / name

    def run(self, command: str) -> str:
        """What the command prints, on both streams as a terminal would show them."""
        words = shlex.split(command)
        if words[0] == "cd":
            self._folder = (self._folder / words[1]).resolve(strict=True)
            return ""
        if words[0] == "export":
            known = {**self._variables, "PWD": str(self._folder)}
            self._variables |= dict(Template(word).substitute(known).split("=", 1) for word in words[1:])
            return ""
        done = subprocess.run(  # noqa: S603  the commands are our own documentation's
            ["sh", "-c", command],  # noqa: S607  any shell of the system will do
            cwd=self._folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=120,
        )
        return done.stdout.decode()


def _played(part: re.Match[str], shell: _Shell) -> str:
    if part["file"]:
        path = shell.path(part["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(part["content"], encoding="utf-8", newline="\n")
    elif part["edited"]:
        _edit(shell.path(part["edited"]), part["old"], part["new"])
    else:
        return f"```console\n{''.join(_transcript(part['console'], shell))}```"
    return part[0]


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{path.name} has {old!r} {text.count(old)} times, not once")
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def _transcript(console: str, shell: _Shell) -> Iterator[str]:
    commands = list(_COMMAND.finditer(console))
    ends = [command.start() for command in commands[1:]] + [len(console)]
    for command, end in zip(commands, ends, strict=True):
        before, now = console[command.end() : end].strip("\n"), shell.run(command["command"]).strip("\n")
        if _timeless(now) == _timeless(before):
            now = before
        yield command[0].rstrip("\n") + "\n"
        if now:
            yield now + "\n"


def _timeless(output: str) -> str:
    return _DURATION.sub("… ms", output)
