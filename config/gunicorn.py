"""Settings of the web server: `gunicorn --config python:config.gunicorn config.wsgi`.

Without Redis there is one process: its memory holds the rate limits. With Redis there are two.
"""

from __future__ import annotations

import os
from typing import Any

from gunicorn import glogging

from config.prctl import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.logging import formatter


class Logger(glogging.Logger):
    """Gunicorn's own messages in the format of ours. The line per request is the middleware's."""

    def setup(self, cfg: Any) -> None:
        """Sets the format of the error log."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter(json=settings.LOGGING["json"]))


bind = os.environ.get("DAYBOOK_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = 2 if settings.REDIS_URL else 1
threads = 4 if settings.REDIS_URL else 8
# A process whose main loop (not a request: those have threads) stands still for so long is replaced.
timeout = 30
graceful_timeout = 10
keepalive = 5
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a beat per second, not for disks
forwarded_allow_ips = ",".join(settings.TRUSTED_PROXIES) or "127.0.0.1"
control_socket_disable = True
logger_class = Logger
loglevel = settings.LOGGING["level"].lower()


def post_fork(server: Any, worker: Any) -> None:
    """A process that answers requests ends with its master."""
    die_with_parent()
