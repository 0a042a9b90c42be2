"""Files as they were at a commit of a git repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.commandline.console import CannotRunError


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, called `name` by the user, of the repository at `top`; `files` are its files, from the top."""

    name: str
    top: Path
    commit: str
    files: tuple[Path, ...]

    @classmethod
    def find(cls, name: str, beside: Path) -> Revision:
        """The commit that `name` means in the repository that `beside` lies in. Raises CannotRunError without one."""
        folder = beside if beside.is_dir() else beside.parent
        found = _git(folder, "rev-parse", "--show-toplevel")
        if found.returncode:
            raise CannotRunError(
                f"--against {name}: no such file, and no git repository to look for a commit in: {_said(found)}"
            )
        top = Path(os.fsdecode(found.stdout.removesuffix(b"\n")))
        found = _git(top, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        if found.returncode:
            raise CannotRunError(
                f"--against {name}: {top} has no such commit, branch or tag, and there is no such file. "
                "Where CI fetches only the newest commit, let it fetch that one too (git fetch origin …)."
            )
        commit = found.stdout.decode().strip()
        names = _of(_git(top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)).split(b"\0")
        return cls(name, top, commit, tuple([Path(os.fsdecode(each)) for each in names if each]))

    def inside(self, path: Path) -> Path | None:
        """A path from the top; None for one outside of the repository."""
        place = path.resolve()
        return place.relative_to(self.top.resolve()) if place.is_relative_to(self.top.resolve()) else None

    def has(self, inside: Path) -> bool:
        """Whether the commit has that file, or files in that folder."""
        return any(file == inside or inside in file.parents for file in self.files)

    def write(self, paths: Sequence[Path], folder: Path) -> None:
        """Writes the commit's files of these paths into an empty folder, as a checkout would. The index stays as it is.

        Raises CannotRunError where git cannot.
        """
        wanted = [file for file in self.files if any(file == path or path in file.parents for path in paths)]
        environment = {"GIT_INDEX_FILE": str(folder / "index")}
        _of(_git(self.top, "read-tree", self.commit, environment=environment))
        names = b"".join(os.fsencode(file) + b"\0" for file in wanted)
        prefix = f"--prefix={folder / 'files'}{os.sep}"
        _of(_git(self.top, "checkout-index", "-z", "--stdin", prefix, content=names, environment=environment))


def _git(
    folder: Path, *words: str, content: bytes = b"", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Runs git in a folder, without what a hook that is running says of another repository or index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or "CONFIG" in name}
    try:
        return subprocess.run(  # noqa: S603  the user's own git and repository
            ["git", *words],  # noqa: S607
            cwd=folder,
            env=kept | {"LC_ALL": "C"} | (environment or {}),
            input=content,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise CannotRunError(f"git cannot be run: {error.strerror}. --against a file needs none.") from error


def _of(found: subprocess.CompletedProcess[bytes]) -> bytes:
    if found.returncode:
        raise CannotRunError(f"git failed: {_said(found)}")
    return found.stdout


def _said(found: subprocess.CompletedProcess[bytes]) -> str:
    lines = found.stderr.decode(errors="backslashreplace").strip().splitlines()
    return lines[0] if lines else f"exit code {found.returncode}"
