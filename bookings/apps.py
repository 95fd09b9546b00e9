from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    """When: pages, services and bookings."""

    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        """Registers what the outbox can do, and what is to happen again and again."""
        from bookings import schedules, tasks  # noqa: F401  (tasks registers the handlers)

        post_migrate.connect(schedules.ensure, sender=self, dispatch_uid="daybook-booking-schedules")
