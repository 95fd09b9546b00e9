from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    """When: pages, services and bookings."""

    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        """Registers what the outbox can do."""
        from bookings import tasks  # noqa: F401  (registers the handlers)
