"""The decision whether something must be installed, without installing anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import bootstrap

WANTED = ["requirements.txt", "requirements-dev.txt"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with requirements and an environment in which nothing is installed."""
    for name in WANTED:
        (tmp_path / name).write_text(f"# {name}\nuv==1.0 \\\n    --hash=sha256:aa\nvobject==2.0\n")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.2\n")
    monkeypatch.setattr(bootstrap, "BASE_DIR", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "SITE_PACKAGES", venv / "site-packages")
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would run; all of them succeed."""
    seen: list[list[str]] = []

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        seen.append(list(command))
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(bootstrap, "run", run)
    return seen


def stamp_all() -> None:
    for name in WANTED:
        bootstrap.stamp(name).write_text(bootstrap.fingerprint(name))


def test_an_empty_environment_misses_everything(project: Path) -> None:
    assert bootstrap.missing(WANTED) == WANTED


def test_a_changed_file_is_missing_until_it_is_installed_again(project: Path, commands: list[list[str]]) -> None:
    stamp_all()
    assert bootstrap.missing(WANTED) == []
    with (project / "requirements.txt").open("a") as file:
        file.write("another==1.0\n")
    assert bootstrap.missing(WANTED) == ["requirements.txt"]
    bootstrap.prepare(WANTED)
    assert bootstrap.missing(WANTED) == []
    assert commands and all("requirements-dev.txt" not in argument for command in commands for argument in command)


def test_an_environment_made_by_hand_is_left_alone(project: Path, commands: list[list[str]]) -> None:
    (bootstrap.SITE_PACKAGES / "django").mkdir(parents=True)
    assert bootstrap.missing(WANTED) == ["requirements-dev.txt"]
    bootstrap.prepare(["requirements.txt"])
    assert commands == []


def test_an_installation_that_was_interrupted_is_done_again(project: Path) -> None:
    (bootstrap.SITE_PACKAGES / "django").mkdir(parents=True)
    bootstrap.stamp("requirements.txt").write_text("being installed")
    assert bootstrap.missing(["requirements.txt"]) == ["requirements.txt"]


def test_an_environment_of_another_python_is_made_anew(project: Path, commands: list[list[str]]) -> None:
    stamp_all()
    (project / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    bootstrap.prepare(["requirements.txt"])
    assert [sys.executable, "-m", "venv", "--clear", str(bootstrap.VENV)] in commands


def test_the_installed_uv_is_the_pinned_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        asked.append(Path(command[-1]).read_text())
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(bootstrap, "run", run)
    assert bootstrap.get_uv()
    assert asked[0].split() == ["uv==1.0", "\\", "--hash=sha256:aa"]


def test_without_uv_pip_installs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        is_uv = command[-1].startswith("/tmp") and "requirements" not in command[-1]
        return subprocess.CompletedProcess(command, int(is_uv), "no uv here")

    monkeypatch.setattr(bootstrap, "run", run)
    bootstrap.prepare(["requirements.txt"])
    assert seen[-1][1:4] == ["-m", "pip", "install"]
    assert bootstrap.missing(["requirements.txt"]) == []


def test_a_failure_says_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "run", lambda command: subprocess.CompletedProcess(command, 1, "no route to host"))
    with pytest.raises(SystemExit, match=r"could not be installed.*PIP_INDEX_URL[\s\S]*no route to host"):
        bootstrap.ensure(["manage.py", "start"])
    (project / ".venv" / "pyvenv.cfg").unlink()
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        bootstrap.ensure(["manage.py", "start"])


def test_another_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", (3, 7))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.CannotInstall, match=r"needs Python 3\.7, and this is Python 3\.11"):
        bootstrap.right_python()


def test_the_command_goes_on_inside_the_environment(
    project: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp_all()
    continued: list[Any] = []
    monkeypatch.setattr(bootstrap.os, "execv", lambda path, argv: continued.append(argv))
    bootstrap.ensure(["manage.py", "test", "-x"])
    assert continued == [[bootstrap.venv_python(), "manage.py", "test", "-x"]]
    assert commands == []
    monkeypatch.setenv("DAYBOOK_NO_BOOTSTRAP", "1")
    bootstrap.ensure(["manage.py", "test"])
    assert len(continued) == 1


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.path.insert(0, '.'); import config.bootstrap; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=bootstrap.BASE_DIR
    )
    assert done.stdout.strip() == "False"
