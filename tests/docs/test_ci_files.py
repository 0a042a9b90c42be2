"""The files for CI systems: their YAML is sound, and their commands run in this project."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cli.main import COMMANDS, main, validate

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "how-to" / "ci"
WORKFLOW, JOB = FOLDER / "github-workflow.yml", FOLDER / "gitlab-ci.yml"
IN_CHECKOUT = (ROOT / "CONTRIBUTING.md").exists()
pytestmark = pytest.mark.skipif(not IN_CHECKOUT, reason="needs a checkout of the project")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands() -> Iterator[tuple[str, dict[str, str]]]:
    check = read(WORKFLOW)["jobs"]["check"]
    for step in check["steps"]:
        if "run" in step:
            yield step["run"], check["env"]
    for command in read(JOB)["definitions"]["script"]:
        yield command, read(JOB)["definitions"]["variables"]


OURS = [each for each in commands() if each[0].startswith(("validate-definitions", "aptic-definitions"))]


@pytest.mark.parametrize(("command", "environment"), OURS, ids=[command for command, _ in OURS])
def test_their_commands_run(command: str, environment: dict[str, str], tmp_path: Path, monkeypatch: Any) -> None:
    for name in ("definitions", "fixtures"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(command)
    assert (validate if program == "validate-definitions" else main)(words, environment) == 0


def test_both_files_have_commands_of_ours_and_keep_what_these_write() -> None:
    assert len(OURS) == 4
    uploaded = next(
        step["with"]["sarif_file"]
        for step in read(WORKFLOW)["jobs"]["check"]["steps"]
        if "with" in step and "sarif_file" in step["with"]
    )
    reports = read(JOB)["definitions"]["artifacts"]["reports"]
    assert {uploaded, *reports.values()} <= {word for command, _ in OURS for word in command.split()}


def test_the_hook_runs_the_validator_on_the_whole_folder() -> None:
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")
    assert (hook["entry"], hook["pass_filenames"], hook["args"]) == ("validate-definitions", False, ["definitions"])
    assert "validate" in COMMANDS
