"""Every address of the site."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config import health, metrics
from tenants import branding

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    path("admin/", admin.site.urls),
    path("accounts/", include("tenants.urls_accounts")),
    path("accounts/", include("allauth.urls")),
    path("", include("bookings.api.urls")),
    path("api/v1/", include("tenants.api.urls")),
    path("api/", include("config.api")),
    path("brand/<uuid:tenant_id>.css", branding.stylesheet, name="brand"),
    re_path(r"^brand/(?P<accent>[0-9a-fA-F]{6})\.css$", branding.colour, name="brand_colour"),
    path("staff/", include("bookings.urls_staff")),
    path("organisation/", include("bookings.urls_organisation")),
    path("", include("bookings.urls")),
    path("", include("tenants.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
if apps.is_installed("tenants.sandbox"):
    urlpatterns.append(path("sandbox/", include("tenants.sandbox.urls")))
