"""The project's own files: locks without addresses, commands that exist, containers that agree with the settings."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ground.conftest import ROOT
from timebank.settings import PREFIX, Settings

LOCKS = [*sorted(ROOT.glob("*.lock")), ROOT / "package-lock.json"]


def make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_carries_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-|file:|index-url|find-links|\"resolved\"", text, re.MULTILINE)


@pytest.mark.parametrize("lock", sorted(ROOT.glob("*.lock")), ids=lambda lock: lock.name)
def test_every_locked_python_package_has_one_version_and_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text("utf-8").strip())
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry


def test_every_locked_npm_package_has_an_integrity() -> None:
    packages: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_what_runs_is_locked_to_the_same_versions_for_tests() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[\[<>=]", requirement)[0].lower() for requirement in wanted}
    assert names <= locked


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "fmt", "chaos", "clean", "demo-full", "lock"])
def test_every_command_is_known_to_make(target: str) -> None:
    done = make("--dry-run", target)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_make_alone_says_what_there_is() -> None:
    assert "make run" in make().stdout


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
@pytest.mark.parametrize("home", ["", "/nonexistent"])
def test_make_finds_a_home_for_pip_and_npm_where_there_is_none(tmp_path: Path, home: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = make("--dry-run", "--eval", "home: ; @echo", "home", "--print-data-base", folder=tmp_path, HOME=home)
    assert f"HOME := {tmp_path}/.cache/home" in done.stdout


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_an_environment_that_was_moved_is_made_anew(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".stamps").mkdir()
    (tmp_path / ".stamps" / "venv").write_text("/where/it/was/before\n")
    assert "venv --clear .venv" in make("--dry-run", ".stamps/python", folder=tmp_path).stdout


def test_the_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert script.read_text().rstrip().endswith("make --no-print-directory check")
    assert subprocess.run(["/bin/bash", "-n", script], check=False).returncode == 0


def test_every_setting_is_documented_and_no_other() -> None:
    documented = set(re.findall(rf"^\| `{PREFIX}(\w+)`", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.MULTILINE))
    assert documented == {name.upper() for name in Settings.__struct_fields__}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
    return loaded


def test_containers_use_settings_that_exist(compose: dict[str, Any]) -> None:
    for name in ("migrate", "api", "worker", "sweeper"):
        given = set(compose["services"][name]["environment"])
        assert given <= {f"{PREFIX}{field.upper()}" for field in Settings.__struct_fields__}, name


def test_containers_run_commands_that_exist(compose: dict[str, Any]) -> None:
    commands = {name: service["command"] for name, service in compose["services"].items() if service.get("image") == "timebank"}
    assert commands == {"migrate": ["migrate"], "api": ["serve"], "worker": ["work"], "sweeper": ["sweep"]}


def test_containers_are_watched_and_have_no_rights(compose: dict[str, Any]) -> None:
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    assert re.search(r"^USER 10001", dockerfile, re.MULTILINE)
    assert "HEALTHCHECK" in dockerfile
    for name, service in compose["services"].items():
        if service.get("image") == "timebank":
            assert service["cap_drop"] == ["ALL"], name
            assert service["read_only"] is True, name
        else:
            assert "healthcheck" in service, name


def test_every_variable_of_compose_is_in_the_example(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker" / "compose.yaml").read_text()
    example = (ROOT / "docker" / "example.env").read_text()
    assert set(re.findall(r"\$\{(\w+)", text)) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_every_file_the_image_copies_is_there_and_let_through() -> None:
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    let_through = set(re.findall(r"^!(\S+)", (ROOT / "docker" / "Dockerfile.dockerignore").read_text(), re.MULTILINE))
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source in let_through or source.split("/")[0] in let_through, source
