"""From a bare Python to the project's own virtual environment, with nothing but the standard library.

`.venv` carries a stamp per requirements file: the file's hash when it was last installed. A call with matching
stamps costs a few file reads. Otherwise one process at a time (a lock under `var/`) makes the environment,
installs what changed and goes on inside it. An environment without stamps that holds the dependencies was made
by hand and is left alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
PYTHON = (3, 11)
SITE_PACKAGES = VENV / "lib" / "python{}.{}".format(*PYTHON) / "site-packages"
#: Each requirements file and a package that is there only where it is installed.
PROOF = {"requirements.txt": "django", "requirements-dev.txt": "hypothesis"}
SAVED_LINES = 15


class CannotInstall(Exception):
    """The environment could not be made; the text says why and what to do."""


def ensure(argv: Sequence[str]) -> None:
    """Returns when this interpreter has what the command needs; otherwise replaces the process by one that has.

    Exits with a sentence and a way out where that is impossible. DAYBOOK_NO_BOOTSTRAP=1 skips all of it.
    """
    if os.environ.get("DAYBOOK_NO_BOOTSTRAP") == "1":
        return
    wanted = ["requirements.txt"]
    if argv[1:2] == ["test"]:
        wanted.append("requirements-dev.txt")
    if inside() and not missing(wanted):
        return
    try:
        prepare(wanted)
    except CannotInstall as error:
        raise SystemExit(f"Daybook cannot start: {error}") from None
    sys.stdout.flush()
    os.execv(venv_python(), [venv_python(), *argv])  # noqa: S606


def prepare(wanted: Sequence[str]) -> None:
    """Makes `.venv` complete for the wanted requirements files. Raises CannotInstall."""
    if venv_version() == PYTHON and not missing(wanted):
        return
    with one_at_a_time():
        if venv_version() != PYTHON:
            make_venv()
        for name in missing(wanted):
            install(name)


def inside() -> bool:
    """Whether this interpreter is the one of the project's virtual environment."""
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV)


def venv_python() -> str:
    """The path of the environment's interpreter."""
    return str(VENV / "bin" / "python")


def venv_version() -> tuple[int, int] | None:
    """The Python version that the environment was made with; None where there is no usable environment."""
    try:
        found = re.search(r"^version *= *(\d+)\.(\d+)", (VENV / "pyvenv.cfg").read_text(), re.MULTILINE)
    except OSError:
        return None
    if found is None or not os.access(venv_python(), os.X_OK):
        return None
    return int(found[1]), int(found[2])


def fingerprint(name: str) -> str:
    """The hash of a requirements file."""
    return hashlib.sha256((BASE_DIR / name).read_bytes()).hexdigest()


def stamp(name: str) -> Path:
    """Where the hash of an installed requirements file is kept."""
    return VENV / f"{name}.sha256"


def missing(wanted: Sequence[str]) -> list[str]:
    """Those of the wanted requirements files that the environment does not have as they are now."""
    return [name for name in wanted if not is_installed(name)]


def is_installed(name: str) -> bool:
    """Whether the stamp matches, or the environment was made by hand and has the package that proves the file."""
    try:
        return stamp(name).read_text() == fingerprint(name)
    except OSError:
        return (SITE_PACKAGES / PROOF[name]).is_dir()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Lets one process work on the environment; another one waits and then finds it done."""
    import fcntl  # not there on Windows, where nothing but this needs it

    (BASE_DIR / "var").mkdir(exist_ok=True)
    with open(BASE_DIR / "var" / "bootstrap.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another process that is installing the dependencies.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """Makes `.venv` anew with a Python of the right version."""
    python = right_python()
    say("Making the virtual environment .venv.")
    if run([python, "-c", "import ensurepip"]).returncode:
        raise CannotInstall(
            "this Python has no ensurepip, which makes virtual environments. On Debian or Ubuntu: "
            "`apt-get install python3-venv`. Then run the same command again."
        )
    made = run([python, "-m", "venv", "--clear", str(VENV)])
    if made.returncode:
        raise CannotInstall(f".venv could not be made. Is there space and may you write to {BASE_DIR}?\n{tail(made)}")
    stamp("requirements.txt").write_text("not installed yet")


def right_python() -> str:
    """An interpreter of the required version: this one, or one that the PATH names. Raises CannotInstall."""
    if sys.version_info[:2] == PYTHON:
        return sys.executable
    name = "python{}.{}".format(*PYTHON)
    other = shutil.which(name)
    here = ".".join(map(str, sys.version_info[:3]))
    if other is None:
        raise CannotInstall(
            f"it needs Python {name[6:]}, and this is Python {here}. Install it (on Debian or Ubuntu: "
            f"`apt-get install {name} {name}-venv`) and run the same command again with `{name}`."
        )
    say(f"This is Python {here}; using {other} instead.")
    return other


def install(name: str) -> None:
    """Installs one requirements file, with uv where it installs and else with pip, and stamps it."""
    say(f"Installing {name}. This happens once, and again when the file changes.")
    digest = fingerprint(name)
    stamp(name).write_text("being installed")
    requirements = ["--require-hashes", "-r", str(BASE_DIR / name)]
    if get_uv():
        done = run([str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--python", venv_python(), *requirements])
        if done.returncode == 0:
            stamp(name).write_text(digest)
            return
        say("uv could not install it; trying pip.")
    done = run([*pip(), *requirements])
    if done.returncode:
        raise CannotInstall(
            f"{name} could not be installed. Check that this machine reaches a package index (behind a proxy set "
            f"HTTPS_PROXY, for a mirror PIP_INDEX_URL and UV_INDEX_URL) and run the same command again.\n{tail(done)}"
        )
    stamp(name).write_text(digest)


def get_uv() -> bool:
    """Puts the pinned uv into the environment; whether it is there afterwards."""
    if (VENV / "bin" / "uv").exists():
        return True
    pinned = re.search(r"^uv==(?:.*\\\n)*.*", (BASE_DIR / "requirements-dev.txt").read_text(), re.MULTILINE)
    if pinned is None:
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(pinned[0])
        only_uv.flush()
        return run([*pip(), "--require-hashes", "-r", only_uv.name]).returncode == 0


def pip() -> list[str]:
    """The beginning of a quiet pip command."""
    return [venv_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end and keeps what it says."""
    return subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def tail(done: subprocess.CompletedProcess[str]) -> str:
    """The last lines of what a command said."""
    return "\n".join(done.stdout.strip().splitlines()[-SAVED_LINES:])


def say(line: str) -> None:
    """Reports progress, apart from what a command prints."""
    print(f"daybook: {line}", file=sys.stderr, flush=True)


def main() -> None:
    """Installs everything, developers' tools included, and ends: `python3 -m config.bootstrap`."""
    try:
        prepare(list(PROOF))
    except CannotInstall as error:
        raise SystemExit(f"Daybook cannot be installed: {error}") from None


if __name__ == "__main__":
    main()
