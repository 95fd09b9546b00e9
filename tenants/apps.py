from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Who: organisations, people, mailboxes, and what every app relies on."""

    name = "tenants"
