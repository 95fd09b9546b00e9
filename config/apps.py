"""The app that holds the commands of running Daybook, and the admin site in place of Django's."""

from __future__ import annotations

import os

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig

#: The apps whose words are ours.
OWN = ("bookings", "rooms", "tenants")


class DaybookAdminConfig(AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "config.admin.DaybookAdminSite"


class DaybookConfig(AppConfig):
    """Settings checks, commands, and a worker's sign of life."""

    name = "config"
    verbose_name = "Daybook"
    default = True

    def ready(self) -> None:
        """Registers the checks, names fields; under a supervisor the worker begins to report that it is alive."""
        from config import checks  # noqa: F401  (registers itself)
        from tenants import labels

        labels.translate(model for model in apps.get_models() if model.__module__.split(".")[0] in OWN)

        if alive_dir := os.environ.get("DAYBOOK_ALIVE_DIR"):
            from config import alive

            alive.report_to(alive_dir)
