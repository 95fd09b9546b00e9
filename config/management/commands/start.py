"""`manage.py start`: the product on one host."""

from __future__ import annotations

import errno
import hashlib
import logging
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import Error, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import module_has_submodule

from config import checks
from config.supervisor import Supervisor


class Command(BaseCommand):
    """Migrates, gathers the static files, then runs web server and task worker until Ctrl-C."""

    help = "Runs the product on this host: database migrations, static files, web server and task worker."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Prepares everything, then runs until it is told to stop."""
        refuse_unsafe()
        refuse_taken(host, port)
        prepare()
        self.stdout.write(f"Daybook answers at {settings.SITE_URL} and listens on {host}:{port}. Ctrl-C ends it.")
        self.stdout.flush()
        log_to_stdout()
        Supervisor(host=host, port=port).run()


def refuse_unsafe() -> None:
    """Raises CommandError in production while a setting is missing or unsafe; the text says what to set."""
    if settings.DEBUG or settings.DEMO:
        return
    errors = [
        found for found in run_checks(tags=[checks.TAG], include_deployment_checks=True) if isinstance(found, Error)
    ]
    if not errors:
        return
    text = "\n".join(f"  - {error.msg} {error.hint}" for error in errors)
    ready = "\n".join(f"  {line}" for line in checks.fresh_secrets())
    if ready:
        text += f"\n\nNew keys, made for you, to paste into the file .env beside manage.py:\n{ready}"
    raise CommandError(
        f"This is not safe to run for others yet:\n{text}\n\nTo look around without any of it: `manage.py demo`."
    )


def refuse_taken(host: str, port: int) -> None:
    """Raises CommandError when nothing can listen on the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"Port {port} is taken. End what uses it, or choose another with --port.") from None
            raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}.") from None


def prepare() -> None:
    """Brings database, static files and schedules up to date."""
    call_command("migrate", interactive=False, verbosity=0)
    gather_static_files()
    for app in (apps.get_app_config(label) for label in ("tenants", "rooms", "bookings")):
        if module_has_submodule(app.module, "schedules"):
            import_module(f"{app.name}.schedules").ensure()


def gather_static_files() -> None:
    """Copies the static files to where the web server finds them, if they changed since the last time."""
    if not settings.STORAGES["staticfiles"]["BACKEND"].startswith("whitenoise."):
        return
    root = Path(settings.STATIC_ROOT)
    mark, now = root / ".gathered", static_fingerprint()
    if mark.exists() and mark.read_text() == now:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(now)


def static_fingerprint() -> str:
    """A hash over name, size and time of every static file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            full = Path(storage.path(path)).stat()
            digest.update(f"{path} {full.st_size} {full.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def log_to_stdout() -> None:
    """Sends the supervisor's own lines where its children's go."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stdout)
