from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Who: organisations, people, mailboxes, and what every app relies on."""

    name = "tenants"

    def ready(self) -> None:
        """Registers what the outbox can do."""
        from tenants import mail  # noqa: F401  (registers its handler)
