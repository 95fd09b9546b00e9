"""Addresses for programs."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("bookings.api.v1.urls")),
    path("", include("bookings.api.bookings_service.urls")),
]
