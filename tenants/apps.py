from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenants.scheduling import words


class TenantsConfig(AppConfig):
    """Who: organisations, people, mailboxes, and what every app relies on."""

    name = "tenants"
    verbose_name = _("Organisation")

    def ready(self) -> None:
        """Registers what the outbox can do, what is to happen again and again, and where arithmetic finds its words."""
        from tenants import mail, schedules, sign_in_trail, tasks, webhook_delivery  # noqa: F401  (register their handlers)

        words.use(gettext, ngettext)
        post_migrate.connect(schedules.ensure, sender=self, dispatch_uid="daybook-schedules")
