"""The settings of the demonstration, as environment variables: has to run before Django's settings load.

It keeps apart from a real installation on the same machine: its own database and key under `var/`, and neither
`.env` nor secrets from files count. `VAR_DIR` moves all of it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEFAULT_PORT = 8000
#: So old may the copy of Outlook get here: who plays Outlook wants to see it count, and nobody's quota is used.
SWEEP_SECONDS = 45
_OURS = (
    "DEBUG", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "WEBHOOK_URL", "FIELD_ENCRYPTION_KEYS", "TRUSTED_PROXIES",
    "SENTRY_DSN", "METRICS_ALLOWED", "ALLOWED_HOSTS",
)  # fmt: skip


def prepare(argv: Sequence[str]) -> None:
    """Sets the environment for `manage.py demo …`; leaves it alone for every other command."""
    if argv[1:2] != ["demo"]:
        return
    for name in (*_OURS, "SECRET_KEY", "SITE_URL"):
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    site = f"http://127.0.0.1:{port(argv)}"
    os.environ.update(
        DEMO="1",
        SANDBOX="1",
        SITE_URL=site,
        EMAIL_URL="outbox:",
        SYNC_SWEEP_SECONDS=str(SWEEP_SECONDS),
        DATABASE_URL=f"sqlite:///{database()}",
        SECRET_KEY=key(),
        MICROSOFT_LOGIN_URL=f"{site}/sandbox/login",
        MICROSOFT_GRAPH_URL=f"{site}/sandbox/v1.0",
    )


def port(argv: Sequence[str]) -> str:
    """The port the command line names, as text; the command itself checks it."""
    for position, word in enumerate(argv):
        if word.startswith("--port="):
            return word.partition("=")[2]
        if word == "--port" and len(argv) > position + 1:
            return argv[position + 1]
    return str(DEFAULT_PORT)


def directory() -> Path:
    """Where the demonstration keeps its things."""
    path = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def database() -> Path:
    """The file of its database."""
    return directory() / "demo.sqlite3"


def key() -> str:
    """A secret key of this machine's demonstration, made once: sessions outlive a restart, stored secrets too."""
    path = directory() / "demo.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()
