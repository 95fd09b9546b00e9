from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """When: pages, services and bookings."""

    name = "bookings"

    def ready(self) -> None:
        """Registers what the outbox can do."""
        from bookings import tasks  # noqa: F401  (registers the handlers)
