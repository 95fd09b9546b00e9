from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """When: pages, services and bookings."""

    name = "bookings"
