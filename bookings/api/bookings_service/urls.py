"""Addresses below `/BookingsService/api/V1/bookingBusinessesc2/`, in any letter case, with or without a last slash."""

from __future__ import annotations

from django.urls import re_path

from bookings.api.bookings_service import views

_BUSINESS = r"(?i)^BookingsService/api/V1/bookingBusinessesc2/(?P<business>[^/]+)"
urlpatterns = [
    re_path(_BUSINESS + r"/services/?$", views.services),
    re_path(_BUSINESS + r"/getStaffAvailability/?$", views.staff_availability),
]
