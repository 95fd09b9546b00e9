"""Addresses of an organisation's own settings (CONTRACT, section 3)."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bookings.views.organisation import settings

app_name = "organisation"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", settings.front, name="front"),
    path("settings/", settings.settings, name="settings"),
]
