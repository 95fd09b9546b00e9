from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Where: venues and spaces."""

    name = "rooms"
