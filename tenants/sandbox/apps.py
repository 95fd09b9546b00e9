from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "tenants.sandbox"
    label = "sandbox"
    verbose_name = "Microsoft 365 sandbox"
